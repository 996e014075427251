"""The command line: one file a command group; it starts flows and prints."""
