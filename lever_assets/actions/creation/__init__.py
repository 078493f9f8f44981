"""Creating a candidate with their application: `creating.py` is the whole of it, the others are its parts."""
