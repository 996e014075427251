"""Which samples a limit takes: the same ones for every variant, and 100 of them are always inside 200."""

import hashlib
from collections.abc import Sequence

from tasks.model import Sample


def pick(samples: Sequence[Sample], limit: int | None, seed: int) -> tuple[Sample, ...]:
    """The first `limit` samples in the order of sha256(seed, sample_id); without a limit all, as they lie.

    The order is a property of each id and the seed alone: a sample that is added or removed does not change
    the order of the others.
    """
    if limit is None:
        return tuple(samples)
    return tuple(sorted(samples, key=lambda sample: _rank(seed, sample.sample_id))[:limit])


def in_draw_order(samples: Sequence[Sample], seed: int) -> tuple[Sample, ...]:
    """The same samples in a random order, those of a cluster together, as one draw.

    A cluster has its place by its name, not by a sample's: else a large one would come early.
    """
    return tuple(sorted(samples, key=lambda sample: _drawn(seed, sample)))


def _drawn(seed: int, sample: Sample) -> tuple[bytes, bytes]:
    own = _rank(seed, sample.sample_id)
    return (own if sample.cluster is None else _rank(seed, f"cluster {sample.cluster}"), own)


def _rank(seed: int, sample_id: str) -> bytes:
    return hashlib.sha256(f"{seed}:{sample_id}".encode("utf-8", "surrogatepass")).digest()
