"""Answers to grades: one file a grader."""
