"""The house keeps its own rules: small files, no hosts, no machine paths, an example for every command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
LONGEST = 400
HOSTS = re.compile("py" + r"pi\.org|python" + r"hosted|np" + r"mjs\.org|deb\.deb" + "ian")
MACHINE = re.compile(r"/(root|home)/[a-z]")
COMMANDS = ["run", "resume", "runs", "plan", "import", "report", "sql", "suites", "models", "prices"]
COMMANDS += ["ask", "serve", "doctor", "journal", "init", "cancel", "regrade", "calibrate", "export"]
COMMANDS += ["bundle", "check"]


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [CHECKOUT / name for name in listed if name and (CHECKOUT / name).is_file()]


def test_no_python_file_is_longer_than_a_person_reads() -> None:
    long = {
        str(path.relative_to(CHECKOUT)): lines
        for path in _files()
        if path.suffix == ".py" and (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST
    }
    assert long == {}


def test_no_file_names_a_package_index_or_a_folder_of_somebody() -> None:
    named = [
        f"{path.relative_to(CHECKOUT)}: {found.group()}"
        for path in _files()
        if path.suffix in {".py", ".md", ".toml", ".lock", ".sql", ".jinja", ""}
        for pattern in (HOSTS, MACHINE)
        for found in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert named == []


def test_datasets_is_no_python_package() -> None:
    assert not list((CHECKOUT / "datasets").rglob("*.py"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", command, "--help"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "Example" in said


def test_help_imports_none_of_the_heavy_packages() -> None:
    script = (
        "import sys; import flows.cli.main; heavy = {'prefect', 'anthropic', 'openai', 'pyarrow', 'duckdb'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
