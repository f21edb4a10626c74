"""Rules of the tools in the guide's quick reference."""
