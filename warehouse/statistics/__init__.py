"""Statistics of verdicts: pure functions of counts and lists, each with its source."""
