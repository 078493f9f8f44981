"""What a connection needs, and how it is told."""
