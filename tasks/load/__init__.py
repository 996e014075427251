"""Suites from folders to samples, and prompts from samples."""
