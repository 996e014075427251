"""What is in deploy/ holds together: pinned, healthy, without a secret, and built where an engine is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not among the dependencies

CHECKOUT = Path(__file__).resolve().parent.parent
DEPLOY = CHECKOUT / "deploy"
COMPOSE = ("compose.yaml",)
SECRET = re.compile("PASSWORD|KEY|AUTH_STRING|TOKEN")


def services(name: str) -> dict[str, dict[str, Any]]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = read["services"]
    return found


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("compose.yaml", {"postgres", "nightbench"}),
    ],
)
def test_services_are_those_and_every_image_is_pinned(name: str, there: set[str]) -> None:
    found = services(name)
    assert set(found) == there
    for one in found.values():
        assert re.search(r":\d+\.\d+", one["image"]), one["image"]


@pytest.mark.parametrize("name", COMPOSE)
def test_no_secret_is_written_into_a_file_or_an_argument(name: str) -> None:
    for one in services(name).values():
        for variable, value in one.get("environment", {}).items():
            if SECRET.search(variable):
                assert value.startswith("${"), variable
                assert ":?" in value, f"{variable} may be forgotten"
        assert not SECRET.search(" ".join(one.get("command", [])))


@pytest.mark.parametrize("name", COMPOSE)
def test_what_is_kept_is_in_named_volumes_and_only_loopback_is_published(name: str) -> None:
    volumes = set(yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))["volumes"])
    used = {one.split(":")[0] for service in services(name).values() for one in service.get("volumes", [])}
    assert {one for one in used if not one.startswith(".")} == volumes
    ports = [port for service in services(name).values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:4200:4200"]


@pytest.mark.parametrize("name", COMPOSE)
def test_what_others_wait_for_says_that_it_is_healthy(name: str) -> None:
    found = services(name)
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "HEALTHCHECK" in dockerfile
    for one in found.values():
        for awaited, how in one.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert "test" in found[awaited].get("healthcheck", {}) or "build" in found[awaited]


def test_image_is_made_of_the_lock_file_with_hashes_for_a_user_without_rights() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in lines
    assert lines.rindex("USER nightbench") > lines.rindex("apt-get")
    ignored = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").split()
    for source in re.findall(r"^COPY (?!--)(.*) \S+$", lines, re.MULTILINE):
        for word in source.split():
            assert f"!{word}" in ignored, f"{word} does not reach the build"
            assert (CHECKOUT / word).exists()


@pytest.mark.parametrize("path", sorted((DEPLOY / "helm").glob("*.yaml")), ids=lambda path: path.stem)
def test_values_of_charts_name_secrets_and_hold_none(path: Path) -> None:
    def walk(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            if SECRET.search(str(value.get("name", ""))):
                assert "value" not in value, value["name"]
            for key, inner in value.items():
                walk(inner, str(key))
        elif isinstance(value, list):
            for inner in value:
                walk(inner, name)
        else:
            assert name not in {"password", "authString"}

    walk(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "nightbench.service").read_text(encoding="utf-8")
    here = unit.replace("/opt/nightbench/.venv/bin/nightbench", sys.executable)
    (tmp_path / "nightbench.service").write_text(here, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "nightbench.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "nightbench.service" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def engine() -> str | None:
    for name in ("docker", "podman"):
        if (
            shutil.which(name)
            and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0
        ):
            return name
    return None


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_image_is_built_and_says_its_help() -> None:
    name = engine()
    if name is None:
        pytest.skip("no container engine answers here (docker, podman)")
    tag = "nightbench-test:0"
    build: list[str | Path] = [name, "build", "-q", "-f", DEPLOY / "Dockerfile", "-t", tag, CHECKOUT]
    made = subprocess.run(build, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    said = subprocess.run(
        [name, "run", "--rm", tag, "nightbench", "--help"], capture_output=True, text=True, check=True
    )
    assert "serve" in said.stdout
