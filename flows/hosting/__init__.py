"""`nightbench serve`: what it starts, keeps offering, and begins again after a crash."""
