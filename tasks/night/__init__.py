"""The summary of a night: what ran, what changed, what it cost, what to look at."""
