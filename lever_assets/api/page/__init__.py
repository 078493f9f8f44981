"""The page on which an end user connects their Lever account: its texts, how it looks, and its files."""
