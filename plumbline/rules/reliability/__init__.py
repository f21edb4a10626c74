"""Rules of the guide's section on reliability and resilience testing."""
