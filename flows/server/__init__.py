"""Prefect's server on a home: its process, database, addresses and who may reach it."""
