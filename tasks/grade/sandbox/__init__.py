"""Runs code that nobody trusts, and judges it from outside: see box.py."""
