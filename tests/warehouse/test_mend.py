"""What is restored without a journal is what was written, proved by its own checksum, or it is left alone."""

from pathlib import Path

import pytest

from tests.warehouse.sample_run import land
from warehouse.catalog import NAME, rewrite_catalog
from warehouse.errors import WarehouseError
from warehouse.integrity.mend import mend_catalog, mend_manifest
from warehouse.query import run_sql


@pytest.fixture
def manifest(warehouse: Path) -> Path:
    return warehouse / "commits" / land(warehouse, "r1").name


@pytest.mark.parametrize("at", [0, 100, -70, -1])
@pytest.mark.parametrize("mask", [1, 128, 255], ids=["a bit", "another", "a byte"])
def test_one_damaged_byte_is_mended_and_the_damaged_file_kept(manifest: Path, at: int, mask: int) -> None:
    before = manifest.read_bytes()
    raw = bytearray(before)
    raw[at] ^= mask
    manifest.write_bytes(raw)
    assert mend_manifest(manifest)
    assert manifest.read_bytes() == before
    (kept,) = manifest.parent.glob(".damaged-*")
    assert kept.read_bytes() == raw


def test_what_was_appended_is_taken_off(manifest: Path) -> None:
    before = manifest.read_bytes()
    manifest.write_bytes(before + b"more")
    assert mend_manifest(manifest)
    assert manifest.read_bytes() == before


def test_what_cannot_be_proved_is_left_as_it_is(manifest: Path) -> None:
    raw = manifest.read_bytes()[:-200]
    manifest.write_bytes(raw)
    assert not mend_manifest(manifest)
    assert manifest.read_bytes() == raw
    manifest.unlink()
    assert not mend_manifest(manifest)
    assert not manifest.exists()


def test_a_catalog_is_made_anew_and_stays_where_it_cannot_be(warehouse: Path, manifest: Path) -> None:
    rewrite_catalog(warehouse)
    (warehouse / NAME).write_bytes(b"nothing of a database")
    mend_catalog(warehouse)
    assert run_sql(warehouse, "select count(*) from calls").rows == [(4,)]
    before = (warehouse / NAME).read_bytes()
    manifest.write_bytes(b"{}")
    with pytest.raises(WarehouseError):
        mend_catalog(warehouse)
    assert (warehouse / NAME).read_bytes() == before
