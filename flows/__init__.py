"""When and in what order: Prefect flows, schedules, the command line. No logic."""
