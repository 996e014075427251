"""Which model each task goes to: policies fitted on grades, measured out of sample, exported for a Router."""
