"""What runs inside the box: only the standard library and each other are imported here."""
