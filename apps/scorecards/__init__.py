"""What it adds up to: snapshots, trends, and the figures that pages show."""
