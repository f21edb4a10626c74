"""A made-up fleet: planned first, in plain numbers, then written."""
