"""What a person sees of results: sentences, tables and pictures."""
