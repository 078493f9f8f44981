"""What answers look like, as the description of the API tells it, a module for each group of endpoints."""
