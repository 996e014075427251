"""Instructions that a program can verify: one small file a family, kinds.py names them all."""
