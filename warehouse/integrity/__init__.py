"""Does the warehouse hold what was committed? Bytes, rows, references, money, and the catalog."""
