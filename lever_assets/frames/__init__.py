"""Tables for those who work with their content: as DataFrames, and as files."""
