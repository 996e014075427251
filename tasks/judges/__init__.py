"""Judges at work: their calls as a plan, what verdicts are worth, and judges held against persons.

What a judge is sent and how its words are read is in tasks/grade/judging/; here that is put to models.
"""
