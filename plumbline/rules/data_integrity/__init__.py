"""Rules of the guide's section on data integrity testing."""
