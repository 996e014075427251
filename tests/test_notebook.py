"""The example notebook runs from its first cell to its last, draws what it says, and keeps no output.

A notebook is JSON, and its cells are plain Python: they run here one after another in one namespace, as a
kernel would run them, without Jupyter's packages.
"""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, clean_environment
from tests.warehouse.sample_run import STARTED, land

NOTEBOOK = CHECKOUT / "docs" / "notebook.ipynb"
PICTURES = 5
RUNNER = """
import json, sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
shown = []
def show():
    for number in plt.get_fignums():
        plt.figure(number).savefig(f"{sys.argv[2]}/{len(shown)}.png", dpi=70)
        shown.append(number)
        plt.close(number)
plt.show = show
space = {"__name__": "__main__"}
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), cell["id"], "exec"), space)
print(json.dumps([len(shown), space["simulated"], space["variants"], len(space["paired"])]))
"""


def run(home: Path, pictures: Path) -> list[object]:
    """What the notebook found, with its pictures in the folder."""
    pictures.mkdir()
    path = os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", RUNNER, str(NOTEBOOK), str(pictures)],
        env=clean_environment(home, PYTHONPATH=path, MPLBACKEND="Agg"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("simulated", [False, True], ids=["real runs", "simulated ones alone"])
def test_every_cell_runs_and_every_picture_is_drawn(home: Path, tmp_path: Path, *, simulated: bool) -> None:
    (home / "warehouse").mkdir()
    models = ["openai/gpt-4o-2024-05-13", "anthropic/claude-3-5-sonnet-20240620"]
    if simulated:
        models = [f"simulated/{model.partition('/')[2]}" for model in models]
    for night in range(3):
        for n, model in enumerate(models):
            land(
                home / "warehouse",
                f"r{night}{n}",
                n=20,
                right=15 - 5 * n + night,
                model=model,
                started_at=STARTED + timedelta(days=night),
                suite_size=20,
            )
    found = run(home, tmp_path / "pictures")
    assert found[:3] == [PICTURES, simulated, sorted(models)]
    assert found[3] == 1
    sizes = [path.stat().st_size for path in (tmp_path / "pictures").iterdir()]
    assert len(sizes) == PICTURES
    assert min(sizes) > 5_000


def test_it_keeps_no_output_and_no_path_of_a_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    code = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert "/home/" not in text
    assert "/root/" not in text
