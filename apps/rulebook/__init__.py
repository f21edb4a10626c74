"""The guide and its rules, straight from the engine's registry."""
