"""What answers look like, for the description of the API; a test holds real answers to it."""
