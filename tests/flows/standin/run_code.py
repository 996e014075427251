"""Run the code that follows -c, as `python -c` does: a program of ours that a test kills."""

import sys

exec(sys.argv[2])
