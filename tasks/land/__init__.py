"""Outcomes and grades to rows of the warehouse."""
