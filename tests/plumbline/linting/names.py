"""The names of the bundled ruff's rules: `python -m tests.plumbline.linting.names` writes Plumbline's table anew."""

import json
import subprocess
from importlib import resources

from ruff import find_ruff_bin

from plumbline.linting.profile import family_of

TABLE = resources.files("plumbline.linting").joinpath("names.toml")


def current() -> dict[str, str]:
    """Code to name of every stable rule in the guide's families."""
    told = subprocess.run(
        [find_ruff_bin(), "rule", "--all", "--output-format", "json"],
        capture_output=True,
        check=True,
    )
    return {
        rule["code"]: rule["name"]
        for rule in json.loads(told.stdout)
        if rule["code"]
        and family_of(rule["code"])
        and not rule["preview"]
        and "Removed" not in rule["status"]
    }


def main() -> None:
    with open(str(TABLE), "w") as file:
        file.write(
            "# Written by `python -m tests.plumbline.linting.names` from the bundled ruff.\n"
        )
        file.writelines(f'{code} = "{name}"\n' for code, name in sorted(current().items()))


if __name__ == "__main__":
    main()
