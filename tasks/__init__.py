"""What a run does: load, call, grade, land. One step a package."""
