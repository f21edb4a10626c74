"""``python -m plumbline``."""

import sys

from plumbline.command import main

if __name__ == "__main__":
    sys.exit(main())
