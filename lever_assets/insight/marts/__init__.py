"""The marts, a module each: pure functions from DataFrames to a DataFrame.

Each has `facts`, a row for each thing that is counted, with its month and the id of what it is of (`unit`);
and `mart`, which counts them. What a figure means is in docs/marts.md, with SQL that gives the same.
"""
