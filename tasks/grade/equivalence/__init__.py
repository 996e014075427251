"""Whether two answers of mathematics are the same: text.py by their writing, child.py by their value."""
