"""A journal's folder for every test that asks for one."""

from pathlib import Path

import pytest

from tests.tasks.call.journal_cases import RUN_ID


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the run's journal lies; nobody has made it yet."""
    return tmp_path / "journal" / RUN_ID
