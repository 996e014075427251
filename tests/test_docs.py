"""What the pages in docs/ tell a reader to type works, block after block, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, clean_environment

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted((CHECKOUT / "docs").glob("*.md"))


def script(page: Path) -> str:
    """All blocks of a page as one script that stops at the first that fails."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks, f"{page.name} has nothing to run"
    return "set -eu\n" + "\n".join(blocks)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_page_runs(page: Path, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script(page)],
        cwd=folder,
        env=clean_environment(home, PATH=path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stderr
