"""Which files hold a run's rows since a compaction, and since when catalogs know of it."""
