"""Single records at once: after a write action, or when Lever announces a change."""
