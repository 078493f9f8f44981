"""What a sync costs, measured: `python -m benchmarks NAME`. Results are in docs/benchmarks.md.

Lever is the sandbox, in a process of its own. Each sync runs in a fresh process too, so that its CPU seconds
and its memory are its own. Every file that a benchmark makes is in a temporary folder and goes with it.
"""
