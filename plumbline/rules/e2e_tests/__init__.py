"""Rules about end-to-end and acceptance tests."""
