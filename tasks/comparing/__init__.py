"""Comparisons of what was run: which runs, on which samples, and what may be said of the difference."""
