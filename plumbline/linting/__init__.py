"""Ruff as an analyser: how it is asked, what it says of a blob, and what that adds up to for a repository.

Pure like the rest of the engine: the process itself is run by ``plumbline.sandbox``. Its results stand beside the
guide's findings and never enter the score.
"""
