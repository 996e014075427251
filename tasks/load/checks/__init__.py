"""What can be wrong with a suite, one kind a module; each a pure function of the suite (subject.py)."""
