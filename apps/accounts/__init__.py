"""Who: people, their API tokens, and the record of what they did."""
