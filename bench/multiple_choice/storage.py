"""Files, partitions, encodings and replicas: what is read, and what it weighs."""

from collections.abc import Iterable
from datetime import date
from itertools import product
from math import ceil, exp, log2

from bench.multiple_choice.case import Case, computed

GROUPS = ((1, 40), (35, 90), (88, 120), (60, 61), (121, 200), (5, 300))


def row_groups() -> str:
    """The row groups whose smallest and greatest value leave 61 to 87 possible."""
    return str(sum(low <= 87 and high >= 61 for low, high in GROUPS))


def compacted() -> str:
    """Files of a day after compaction to 256 MB a partition."""
    a_partition = 24 * 60 * 3  # one file of 3 MB a minute
    return str(8 * ceil(a_partition / 256))


def dictionary() -> str:
    """Megabytes of a dictionary-encoded column."""
    rows, distinct = 40_000_000, 1000
    return f"{rows * ceil(log2(distinct)) / 8 / 1e6:g} MB"


def levels(rows: int, fanout: int) -> str:
    """Pages read from the root to a leaf."""
    depth, reach = 0, 1
    while reach < rows:
        depth, reach = depth + 1, reach * fanout
    return str(depth)


def moved(before: int, after: int) -> str:
    """The share of keys whose partition changes when hash mod N gets another N."""
    hashes = range(before * after)
    return f"{sum(h % before != h % after for h in hashes) / len(hashes):.0%}"


def newest_surely_read() -> str:
    """The smallest number of replicas to read so that every read set meets every write set."""
    replicas = range(7)

    def meets(reads: int) -> bool:
        return all(set(r) & set(w) for r, w in product(subsets(replicas, reads), subsets(replicas, 3)))

    return str(next(reads for reads in range(1, 8) if meets(reads)))


def subsets(members: Iterable[int], size: int) -> list[tuple[int, ...]]:
    """All subsets of a size, as tuples in order."""
    return [found for found in product(members, repeat=size) if list(found) == sorted(set(found))]


def days_listed() -> str:
    """Files of the daily partitions from 15 February to 31 March of a leap year, 12 a day."""
    return str(12 * ((date(2024, 3, 31) - date(2024, 2, 15)).days + 1))


def false_alarms() -> str:
    """False positives of a Bloom filter of 10 bits a key and 4 hash functions, among a million strangers."""
    share = (1 - exp(-4 / 10)) ** 4
    return f"about {round(share * 1_000_000, -3):,.0f}"


CASES: tuple[Case, ...] = (
    computed(
        "medium",
        "A Parquet file has six row groups with these smallest and greatest values of `price`: (1, 40), "
        "(35, 90), (88, 120), (60, 61), (121, 200), (5, 300). There are no page indexes or Bloom filters. "
        "How many row groups must a reader look into for `where price between 61 and 87`?",
        row_groups,
        "4",
        "5",
        "6",
    ),
    computed(
        "hard",
        "A table has 8 partitions, each of which gets one file of 3 MB every minute. At the end of the day "
        "the files of each partition are compacted into as few files as possible of at most 256 MB, which "
        "never hold rows of two partitions. Sizes add up exactly. How many files does the day leave?",
        compacted,
        "135",
        "17",
        "128",
    ),
    computed(
        "medium",
        "A column of 40 million strings has 1,000 different values. It is dictionary-encoded with bit-packed "
        "indexes of equal, least possible width; there is no other compression. How large are the indexes (1 "
        "MB = 10^6 bytes)?",
        dictionary,
        "80 MB",
        "160 MB",
        "400 MB",
    ),
    computed(
        "hard",
        "Every page of a B+ tree, leaves included, holds up to 200 entries, and the tree has as few levels "
        "as possible. How many pages does a look-up of one key read, from the root to the leaf, when there "
        "are 20 million keys?",
        lambda: levels(20_000_000, 200),
        "3",
        "5",
        "25",
    ),
    computed(
        "medium",
        "Keys are spread over partitions by hash(key) mod N, evenly. N goes from 4 to 5. What share of the "
        "keys moves to another partition?",
        lambda: moved(4, 5),
        "20%",
        "25%",
        "50%",
    ),
    computed(
        "medium",
        "Of 7 replicas, a write is acknowledged by at least 3. At least how many replicas must a read ask, "
        "so that it surely meets one that has the latest acknowledged write?",
        newest_surely_read,
        "4",
        "3",
        "7",
    ),
    computed(
        "easy",
        "A table is partitioned by day, with 12 files a day. How many files hold the rows of 15 February "
        "2024 up to and including 31 March 2024?",
        days_listed,
        "516",
        "528",
        "540",
    ),
    computed(
        "hard",
        "A Bloom filter has 10 bits for each key it holds and uses 4 independent hash functions. About how "
        "many of a million keys that it does not hold will it take for its own?",
        false_alarms,
        "about 26,000",
        "about 110,000",
        "about 330,000",
    ),
)
