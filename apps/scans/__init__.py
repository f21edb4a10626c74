"""The pipeline: from a hint that something changed to recorded results."""
