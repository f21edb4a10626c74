"""Rules about what repositories ask of Plumbline itself."""
