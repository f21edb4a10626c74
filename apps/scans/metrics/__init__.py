"""What operators watch: counts that grow with each scan, and how things stand now."""
