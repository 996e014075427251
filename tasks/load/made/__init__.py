"""Samples that are made, not stored: generators of a seed and options, the same everywhere to the byte."""
