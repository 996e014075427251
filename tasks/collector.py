"""The garbage collector of a process that makes calls."""

import gc


def collect_rarely() -> None:
    """What was imported stays, and collections that walk through all of it cost a third of the calls."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
