"""What we watch and how we get it."""
