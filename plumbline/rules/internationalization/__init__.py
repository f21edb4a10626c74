"""Rules about translation and time."""
