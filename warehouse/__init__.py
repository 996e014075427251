"""Tables, their schema, the commit, the catalog; the SQL lives here."""
