"""Graders that ask a model: rubrics, what a judge is sent, and what its verdict is worth.

Nothing here calls anybody: a grader writes the conversation and the shape of the verdict, and reads the text
that comes back. The calls themselves are planned in tasks/judges/plan.py.
"""
