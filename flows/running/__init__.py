"""What a run is inside of its flow: its steps, workers, stops, and whom it tells."""
