"""Marts: what recruiting teams ask, as tables, kept up by months; and the report that shows them."""
