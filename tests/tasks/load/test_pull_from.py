"""A pinned file is found in a folder by its content, whatever its name; a bad folder does no harm."""

import errno
import gzip
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from tasks.load.definition import Definition, read_definition
from tasks.load.pull import PulledFile, pull
from warehouse.errors import SuiteError

TEXT = "Ünïcödé, déjà vu\n" * 1000


def define(make_suite: Any, sources: str) -> Definition:
    return read_definition(make_suite(card=f'name = "mine"\n[[graders]]\ntype = "exact"\n{sources}'))


def pull_one(definition: Definition, cache: Path, **options: Any) -> PulledFile:
    (pulled,) = pull(definition, cache, **options)
    return pulled


def everything_in(cache: Path) -> list[str]:
    """Every file beneath the cache save locks."""
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a user has lying about."""
    place = tmp_path / "lying about"
    (place / "deep" / "er").mkdir(parents=True)
    (place / "a.txt").write_text("something else", encoding="utf-8")
    (place / "broken.gz").write_bytes(gzip.compress(TEXT.encode())[:-20])
    (place / "no.gz").write_bytes(b"\x1f\x8bthis only looks like gzip")
    (place / "empty").write_bytes(b"")
    return place


@pytest.mark.parametrize(
    "lying",
    [
        pytest.param(TEXT.encode(), id="as it lies"),
        pytest.param(gzip.compress(TEXT.encode()), id="gzipped"),
        pytest.param(gzip.compress(TEXT[:99].encode()) + gzip.compress(TEXT[99:].encode()), id="two members"),
        pytest.param(gzip.compress(TEXT.encode()) + b"\0" * 512, id="padded"),
    ],
)
def test_a_file_is_found_by_its_content_whatever_its_name(
    make_suite: Any, cache: Path, file_server: Any, folder: Path, lying: bytes
) -> None:
    renamed = folder / "deep" / "er" / "report (2).bin"
    renamed.write_bytes(lying)
    definition = define(make_suite, file_server.source(of=TEXT.encode()))
    pulled = pull_one(definition, cache, from_dir=folder)
    assert pulled.path.read_bytes() == TEXT.encode()
    assert (pulled.how, pulled.origin) == ("copied", str(renamed))
    assert file_server.asked == []
    assert everything_in(cache) == ["file.txt"]


def test_the_pin_of_a_gzip_file_finds_that_file_alone(
    make_suite: Any, cache: Path, file_server: Any, folder: Path
) -> None:
    pinned = gzip.compress(TEXT.encode(), mtime=1)
    definition = define(make_suite, file_server.source(of=pinned, more='gunzip = true\nsha256_of = "file"'))
    (folder / "plain").write_text(TEXT, encoding="utf-8")
    (folder / "other.gz").write_bytes(gzip.compress(TEXT.encode(), mtime=2))
    with pytest.raises(SuiteError, match="1 of the 1 files"):
        pull(definition, cache, from_dir=folder)
    (folder / "that.gz").write_bytes(pinned)
    assert pull_one(definition, cache, from_dir=folder).path.read_bytes() == TEXT.encode()


def test_what_is_found_is_kept_and_what_is_not_is_named(
    make_suite: Any, cache: Path, file_server: Any, folder: Path
) -> None:
    (folder / "x").write_text(TEXT, encoding="utf-8")
    two = file_server.source(of=TEXT.encode(), more='filename = "here.txt"') + file_server.source(
        of=b"absent", more='filename = "absent.txt"'
    )
    definition = define(make_suite, two)
    with pytest.raises(SuiteError) as caught:
        pull(definition, cache, from_dir=folder)
    assert "1 of the 2 files" in str(caught.value)
    assert f"absent.txt: sha256 {hashlib.sha256(b'absent').hexdigest()}" in str(caught.value)
    assert everything_in(cache) == ["here.txt"]
    (folder / "y").write_bytes(b"absent")
    assert [file.how for file in pull(definition, cache, from_dir=folder)] == ["present", "copied"]


def test_links_that_go_round_and_files_that_cannot_be_read_are_passed_over_with_a_warning(
    make_suite: Any, cache: Path, file_server: Any, folder: Path
) -> None:
    (folder / "deep" / "round").symlink_to(folder)
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "dangling").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "a pipe")
    (folder / "zz").write_text(TEXT, encoding="utf-8")
    warnings: list[str] = []
    definition = define(make_suite, file_server.source(of=TEXT.encode()))
    assert pull_one(definition, cache, from_dir=folder, warn=warnings.append).how == "copied"
    told = "\n".join(warnings)
    assert "dangling: passed over" in told
    assert "itself: passed over" in told


def test_a_loop_of_links_is_read_once(make_suite: Any, cache: Path, file_server: Any, folder: Path) -> None:
    (folder / "deep" / "round").symlink_to(folder)
    warnings: list[str] = []
    with pytest.raises(SuiteError, match="under any name"):
        pull(define(make_suite, file_server.source()), cache, from_dir=folder, warn=warnings.append)
    assert len(warnings) == 1
    assert "links back to a folder that was read already" in warnings[0]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no /proc here")
def test_a_file_that_cannot_be_read_is_passed_over(
    make_suite: Any, cache: Path, file_server: Any, folder: Path
) -> None:
    (folder / "0").symlink_to("/proc/self/mem")  # a file that opens and cannot be read, for root too
    (folder / "zz").write_text(TEXT, encoding="utf-8")
    warnings: list[str] = []
    definition = define(make_suite, file_server.source(of=TEXT.encode()))
    assert pull_one(definition, cache, from_dir=folder, warn=warnings.append).how == "copied"
    assert warnings == [f"{folder / '0'}: passed over, cannot be read ({os.strerror(errno.EIO)})."]


def test_a_folder_that_is_not_there_is_told(
    make_suite: Any, cache: Path, file_server: Any, tmp_path: Path
) -> None:
    with pytest.raises(SuiteError, match="there is no such folder"):
        pull(define(make_suite, file_server.source()), cache, from_dir=tmp_path / "nowhere")
