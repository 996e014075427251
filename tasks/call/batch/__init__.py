"""Batches: calls that a provider answers within a day at half its price.

ids         a call's custom id, which carries run and call
grouping    which calls go into one batch
provider    what every provider's batches are; anthropic.py, openai.py (also Azure's) speak to them
notes       what was about to be sent, what was sent, what is over: on disk before it happens
doubt       an intent without an id: was it sent?
results     a batch's results into the run's journal
session     the batches of one run, from the first intent to the last result
"""
