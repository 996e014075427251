"""What the warehouse's tests share."""

from pathlib import Path

import pytest


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """An empty warehouse folder; the apostrophe must not hurt anyone."""
    folder = tmp_path / "it's here" / "warehouse"
    folder.mkdir(parents=True)
    return folder
