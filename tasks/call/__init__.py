"""Planned calls to answers: providers, limits, retries, the journal."""
