"""What is wrong, over time."""
