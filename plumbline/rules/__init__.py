"""The rules, one module each, in one package per section of the guide. A rule only asks the project questions."""
