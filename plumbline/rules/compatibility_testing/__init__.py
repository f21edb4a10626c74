"""Rules of the guide's section on compatibility testing."""
