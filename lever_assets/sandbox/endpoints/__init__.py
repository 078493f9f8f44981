"""What the Data API answers: its reads and writes as tables of routes, and what they share."""
