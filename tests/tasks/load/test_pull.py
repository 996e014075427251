"""A pinned file is in the cache whole and right, or not at all; what arrived is not asked for again."""

import errno
import fcntl
import gzip
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tasks.load.definition import Definition, read_definition
from tasks.load.fetch import PAUSES_S
from tasks.load.pull import PulledFile, missing_files, pull
from tasks.load.samples import load_suite
from warehouse.errors import SuiteError

CARD = 'name = "mine"\n[[graders]]\ntype = "exact"\n'
TEXT = "Ünïcödé, déjà vu\n" * 1000
SQL = "select 1 as sample_id, content as input from read_text('file.txt')"


class Sleeps(list[float]):
    """Notes how long one would have slept."""

    __call__ = list.append


def no_sleep(_seconds: float) -> None:
    """Tries again at once."""


def define(make_suite: Any, sources: str) -> Definition:
    return read_definition(make_suite(SQL, card=CARD + sources))


def pull_one(definition: Definition, cache: Path, **options: Any) -> PulledFile:
    (pulled,) = pull(definition, cache, **{"sleep": no_sleep, **options})
    assert pulled.path.is_file()
    return pulled


def everything_in(cache: Path) -> list[str]:
    """Every file beneath the cache save locks."""
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock")


def part_of(definition: Definition, cache: Path, content: bytes) -> Path:
    """What a pull that was killed left behind."""
    folder = definition.pulled(cache)
    part = folder.with_name(f"{folder.name}.unfinished") / "file.txt"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    return part


# Over HTTP


def test_a_file_is_downloaded_once(make_suite: Any, cache: Path, file_server: Any) -> None:
    definition = define(make_suite, file_server.source())
    assert [source.filename for source in missing_files(definition, cache)] == ["file.txt"]
    seen: list[tuple[str, int, int | None]] = []
    pulled = pull_one(definition, cache, progress=lambda *now: seen.append(now))
    assert pulled.path.read_bytes() == file_server.content
    assert (pulled.how, pulled.origin, pulled.size_bytes) == ("downloaded", file_server.url, 1 << 20)
    assert seen[-1] == ("file.txt", 1 << 20, 1 << 20)
    assert missing_files(definition, cache) == []
    assert pull_one(definition, cache).how == "present"
    assert file_server.asked == [None]
    assert everything_in(cache) == ["file.txt"]


def test_a_cut_download_is_continued_where_it_was_cut(make_suite: Any, cache: Path, file_server: Any) -> None:
    file_server.cut_after = [300_000, 200_000]
    pulled = pull_one(define(make_suite, file_server.source()), cache)
    assert pulled.path.read_bytes() == file_server.content
    assert file_server.asked == [None, "bytes=300000-", "bytes=500000-"]


def test_a_server_without_ranges_is_asked_for_all_again(
    make_suite: Any, cache: Path, file_server: Any
) -> None:
    file_server.cut_after = [300_000]
    file_server.ranges = False
    pulled = pull_one(define(make_suite, file_server.source()), cache)
    assert pulled.path.read_bytes() == file_server.content
    assert file_server.asked == [None, "bytes=300000-"]


def test_a_connection_that_never_gets_further_is_given_up_and_continued_by_the_next_pull(
    make_suite: Any, cache: Path, file_server: Any
) -> None:
    definition = define(make_suite, file_server.source())
    file_server.cut_after = [100_000, *[0] * (len(PAUSES_S) + 1)]
    sleeps = Sleeps()
    with pytest.raises(SuiteError, match=r"the connection ended at byte 100000 of 1048576.*same command"):
        pull(definition, cache, sleep=sleeps)
    assert sleeps == list(PAUSES_S)
    assert len(missing_files(definition, cache)) == 1
    assert pull_one(definition, cache).path.read_bytes() == file_server.content
    assert file_server.asked[-1] == "bytes=100000-"


def test_a_slow_server_that_always_gets_further_is_never_given_up(
    make_suite: Any, cache: Path, file_server: Any
) -> None:
    file_server.cut_after = [50_000] * 20
    assert pull_one(define(make_suite, file_server.source()), cache).size_bytes == 1 << 20
    assert len(file_server.asked) == 21


def test_a_server_without_ranges_that_always_cuts_at_one_place_is_given_up(
    make_suite: Any, cache: Path, file_server: Any
) -> None:
    file_server.ranges = False
    file_server.cut_after = [300_000] * 50
    with pytest.raises(SuiteError, match="after 5 tries"):
        pull(define(make_suite, file_server.source()), cache, sleep=no_sleep)
    assert len(file_server.asked) == len(PAUSES_S) + 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_trouble_is_tried_again(
    make_suite: Any, cache: Path, file_server: Any, status: int
) -> None:
    file_server.statuses = [status, status]
    sleeps = Sleeps()
    assert pull_one(define(make_suite, file_server.source()), cache, sleep=sleeps).how == "downloaded"
    assert sleeps == list(PAUSES_S[:2])


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_told_at_once(make_suite: Any, cache: Path, file_server: Any, status: int) -> None:
    file_server.statuses = [status]
    with pytest.raises(SuiteError, match=f"cannot be downloaded.*HTTP {status}.*--from DIR"):
        pull(define(make_suite, file_server.source()), cache)
    assert len(file_server.asked) == 1


def test_a_server_that_is_not_there_is_told(make_suite: Any, cache: Path, file_server: Any) -> None:
    card = file_server.source().replace(str(file_server.port), "9")
    with pytest.raises(SuiteError, match="Connection refused, after 5 tries"):
        pull(define(make_suite, card), cache, sleep=no_sleep)


def test_wrong_content_is_refused_and_nothing_is_kept(make_suite: Any, cache: Path, file_server: Any) -> None:
    definition = define(make_suite, file_server.source(of=b"something else"))
    with pytest.raises(SuiteError) as caught:
        pull(definition, cache)
    for named in (
        file_server.url,
        hashlib.sha256(file_server.content).hexdigest(),
        hashlib.sha256(b"something else").hexdigest(),
        "--from DIR",
    ):
        assert named in str(caught.value)
    assert everything_in(cache) == []
    assert len(file_server.asked) == 1


def test_a_file_that_changed_between_two_pulls_is_begun_anew(
    make_suite: Any, cache: Path, file_server: Any
) -> None:
    definition = define(make_suite, file_server.source())
    part_of(definition, cache, b"the old version" * 1000)
    assert pull_one(definition, cache).path.read_bytes() == file_server.content
    assert file_server.asked == ["bytes=15000-", None]


@pytest.mark.parametrize("more", [b"", b"and more"], ids=["whole", "longer than the file"])
def test_a_part_with_nothing_after_it_is_judged_by_its_sha256(
    make_suite: Any, cache: Path, file_server: Any, more: bytes
) -> None:
    definition = define(make_suite, file_server.source())
    part_of(definition, cache, file_server.content + more)
    assert pull_one(definition, cache).path.read_bytes() == file_server.content
    assert len(file_server.asked) == (2 if more else 1)


def test_a_pull_that_was_killed_is_continued(make_suite: Any, cache: Path, file_server: Any) -> None:
    """SIGKILL while the server holds the second half back: the first half is not asked for again."""
    definition = define(make_suite, file_server.source())
    folder = definition.pulled(cache)
    part = folder.with_name(f"{folder.name}.unfinished") / "file.txt"
    go_on = threading.Event()
    file_server.cut_after = [600_000]
    file_server.on_request = lambda: go_on.wait(30) if len(file_server.asked) == 2 else None
    program = (
        "import sys; from pathlib import Path; from tasks.load.definition import read_definition; "
        "from tasks.load.pull import pull; pull(read_definition(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    checkout = Path(__file__).parents[3]
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(definition.folder), str(cache)], cwd=checkout
    )
    try:
        deadline = time.monotonic() + 30
        while len(file_server.asked) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(child.pid, signal.SIGKILL)
    finally:
        go_on.set()
        child.wait()
    assert part.stat().st_size == 600_000
    assert len(missing_files(definition, cache)) == 1
    assert pull_one(definition, cache).path.read_bytes() == file_server.content
    assert file_server.asked == [None, "bytes=600000-", "bytes=600000-"]


def test_two_pulls_at_once_ask_once(make_suite: Any, cache: Path, file_server: Any) -> None:
    definition = define(make_suite, file_server.source())
    second_waits = threading.Event()
    file_server.on_request = lambda: second_waits.wait(30)
    warnings: list[str] = []
    results: list[PulledFile] = []

    def warn(text: str) -> None:
        warnings.append(text)
        second_waits.set()

    threads = [
        threading.Thread(target=lambda: results.append(pull_one(definition, cache, warn=warn))) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.how for result in results) == ["downloaded", "present"]
    assert warnings == ["mine: another pull is at work; waiting for it."]
    assert file_server.asked == [None]


def test_the_lock_dies_with_its_holder(make_suite: Any, cache: Path, file_server: Any) -> None:
    definition = define(make_suite, file_server.source())
    folder = definition.pulled(cache)
    folder.mkdir(parents=True)
    with folder.with_name(f"{folder.name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    assert pull_one(definition, cache, warn=pytest.fail).how == "downloaded"


def test_a_redirect_stays_within_http(make_suite: Any, cache: Path, file_server: Any) -> None:
    file_server.redirect = "ftp://127.0.0.1/file.txt"
    with pytest.raises(SuiteError, match="redirects to ftp"):
        pull(define(make_suite, file_server.source()), cache, sleep=no_sleep)


def test_a_cache_that_cannot_be_written_is_told(make_suite: Any, tmp_path: Path, file_server: Any) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(SuiteError, match="Not a directory, while pulling mine"):
        pull(define(make_suite, file_server.source()), blocked / "cache")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told(make_suite: Any, cache: Path, file_server: Any) -> None:
    definition = define(make_suite, file_server.source())
    folder = definition.pulled(cache)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    unfinished.mkdir(parents=True)
    (unfinished / "file.txt").symlink_to("/dev/full")
    with pytest.raises(SuiteError, match=os.strerror(errno.ENOSPC)):
        pull(definition, cache, sleep=no_sleep)
    assert len(missing_files(definition, cache)) == 1


# What is kept


@pytest.mark.parametrize(
    ("sent", "pinned", "more"),
    [
        pytest.param("plain", "plain", "", id="as it lies"),
        pytest.param("gz", "plain", "gunzip = true", id="the content of a gzip file"),
        pytest.param("gz", "gz", 'gunzip = true\nsha256_of = "file"', id="the gzip file itself"),
        pytest.param("plain", "plain", "gunzip = true", id="a server that unpacked it already"),
    ],
)
def test_a_pin_is_of_the_file_or_of_its_content_and_content_is_kept(
    make_suite: Any, cache: Path, file_server: Any, sent: str, pinned: str, more: str
) -> None:
    forms = {"plain": TEXT.encode(), "gz": gzip.compress(TEXT.encode())}
    file_server.content = forms[sent]
    definition = define(make_suite, file_server.source(of=forms[pinned], more=more))
    assert pull_one(definition, cache).path.read_bytes() == TEXT.encode()


def test_a_gzip_file_may_be_kept_as_it_lies(make_suite: Any, cache: Path, file_server: Any) -> None:
    file_server.content = gzip.compress(TEXT.encode())
    definition = define(make_suite, file_server.source(more='filename = "kept.txt.gz"'))
    assert pull_one(definition, cache).path.read_bytes() == file_server.content


def test_an_encoding_is_made_utf_8_after_the_sha256_was_checked(
    make_suite: Any, cache: Path, file_server: Any
) -> None:
    file_server.content = TEXT.encode("mac_roman")
    definition = define(make_suite, file_server.source(more='encoding = "mac_roman"'))
    assert pull_one(definition, cache).path.read_text(encoding="utf-8") == TEXT
    assert load_suite(definition.folder, cache).samples[0].input == TEXT


def test_text_that_is_not_in_its_encoding_is_told_and_not_kept(
    make_suite: Any, cache: Path, file_server: Any
) -> None:
    file_server.content = b"\xff\xfe\xfd"
    definition = define(make_suite, file_server.source(more='encoding = "ascii"'))
    with pytest.raises(SuiteError, match="is not text in ascii"):
        pull(definition, cache)
    assert len(missing_files(definition, cache)) == 1
    assert not list(definition.pulled(cache).iterdir())
