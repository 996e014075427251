"""What is in deploy/ holds together: pinned, healthy, without a secret, and built where an engine is."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not among the dependencies

from flows.running.workers import THREADS
from tasks.spec import make_spec

CHECKOUT = Path(__file__).resolve().parent.parent
DEPLOY = CHECKOUT / "deploy"
COMPOSE = ("compose.yaml", "compose.cluster.yaml")
CLUSTER = "compose.cluster.yaml"
PAGE = CHECKOUT / "docs" / "deploying.md"
SECRET = re.compile("PASSWORD|KEY|AUTH_STRING|TOKEN")


def values(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "helm" / f"{name}.yaml").read_text(encoding="utf-8"))
    return read


def services(name: str) -> dict[str, dict[str, Any]]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = read["services"]
    return found


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("compose.yaml", {"postgres", "nightbench"}),
        (CLUSTER, {"postgres", "nightbench", "dask-scheduler", "dask-worker"}),
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


def test_image_of_the_cluster_is_made_of_a_lock_file_that_has_dask() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "\nARG LOCK=requirements.lock\n" in lines
    assert '-r "${LOCK}"' in lines
    [lock] = {one["build"]["args"]["LOCK"] for one in services(CLUSTER).values() if "build" in one}
    assert re.search(rf"^COPY .*\b{re.escape(lock)}\b", lines, re.MULTILINE)
    assert re.search(r"^prefect-dask==", (CHECKOUT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    assert f"--build-arg LOCK={lock}" in PAGE.read_text(encoding="utf-8")


def test_flow_scheduler_and_workers_have_one_image_and_one_home() -> None:
    found = services(CLUSTER)
    assert len({found[name]["image"] for name in ("nightbench", "dask-scheduler", "dask-worker")}) == 1
    home = f"home:{image_home()}"
    assert all(home in found[name]["volumes"] for name in ("nightbench", "dask-worker"))
    dask, flows = values("dask"), values("prefect-worker")["worker"]
    images = [dask["scheduler"]["image"], dask["worker"]["image"]]
    images.append({"repository": flows["image"]["repository"], "tag": flows["image"]["prefectTag"]})
    assert images == images[:1] * 3
    mounts = (dask["worker"]["mounts"]["volumeMounts"], flows["extraVolumeMounts"])
    assert [[one["mountPath"] for one in mount] for mount in mounts] == [[image_home()]] * 2
    claims = (dask["worker"]["mounts"]["volumes"], flows["extraVolumes"])
    assert claims[0] == claims[1]


def image_home() -> str:
    [home] = re.findall(r"NIGHTBENCH_HOME=(\S+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    return str(home)


def test_version_of_the_images_is_that_of_the_checkout() -> None:
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    images = {one["image"] for name in COMPOSE for one in services(name).values() if "build" in one}
    assert images == {f"nightbench:{version}", f"nightbench-cluster:{version}"}
    assert values("dask")["worker"]["image"]["tag"] == version


def test_workers_find_scheduler_and_prefect_where_they_are() -> None:
    found = services(CLUSTER)
    serve, worker = found["nightbench"]["command"], found["dask-worker"]
    host, port = (serve[serve.index(word) + 1] for word in ("--host", "--port"))
    assert host == found["nightbench"]["hostname"] == "nightbench"
    assert worker["environment"]["PREFECT_API_URL"] == f"http://{host}:{port}/api"
    assert worker["env_file"] == found["nightbench"]["env_file"]
    told = {one["name"]: one.get("value") for one in values("dask")["worker"]["env"]}
    flows = values("prefect-worker")["worker"]
    assert told["PREFECT_API_URL"] == flows["selfHostedServerApiConfig"]["apiUrl"]
    assert "PREFECT_API_AUTH_STRING" in worker["environment"]
    assert "PREFECT_API_AUTH_STRING" in told
    [address] = [word for word in worker["command"] if word.startswith("tcp://")]
    scheduler = parsed(found["dask-scheduler"]["command"])
    assert address == f"tcp://dask-scheduler:{scheduler['port']}"


def test_spec_of_the_page_is_one_and_names_that_scheduler() -> None:
    [block] = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    spec = make_spec(tomllib.loads(block), "docs/deploying.md")
    assert spec.engine is not None
    assert spec.engine.address in services(CLUSTER)["dask-worker"]["command"]
    assert spec.budget_usd is not None
    assert all((CHECKOUT / "datasets" / entry.name).is_dir() for entry in spec.suite_entries)


def charted(part: str) -> list[str]:
    """The words that Dask's chart makes of the values, as its templates had them in June 2026."""
    wanted = values("dask")[part]
    if part == "scheduler":
        return ["dask-scheduler", "--port=8786", "--dashboard-address=:8787", *wanted["extraArgs"]]
    memory = wanted["resources"]["limits"]["memory"]
    words = ["--nthreads", str(wanted["threads_per_worker"]), "--memory-limit", memory]
    words += ["--no-dashboard", "--dashboard-address", "8790", *wanted["extraArgs"]]
    return ["dask-worker", "dask-scheduler:8786", *words]


def parsed(command: list[str]) -> dict[str, Any]:
    """What Dask's own parser makes of a command; it raises where a word is none of its."""
    from distributed.cli.dask_scheduler import main as scheduler
    from distributed.cli.dask_worker import main as worker

    program, *words = command[0].split("-") + command[1:]
    assert program == "dask"
    context = {"scheduler": scheduler, "worker": worker}[words[0]].make_context(words[0], words[1:])
    with context:
        assert not context.args
        assert not context.params.get("preload_argv")
        return dict(context.params)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(services(CLUSTER)["dask-scheduler"]["command"], id="scheduler of compose"),
        pytest.param(services(CLUSTER)["dask-worker"]["command"], id="worker of compose"),
        pytest.param(charted("scheduler"), id="scheduler of the chart"),
        pytest.param(charted("worker"), id="worker of the chart"),
    ],
)
def test_dask_knows_the_words_and_a_worker_has_so_many_shards_at_once(command: list[str]) -> None:
    got = parsed(command)
    assert not got["dashboard"]
    if "nthreads" in got:
        assert (got["nthreads"], got["n_workers"]) == (THREADS, "1")


def test_image_has_the_programs_that_the_chart_calls(tmp_path: Path) -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    [script] = re.findall(r"^RUN (for one in .*)$", lines, re.MULTILINE)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for part in ("scheduler", "worker"):
        program = tmp_path / ".venv" / "bin" / charted(part)[0]
        done = subprocess.run(
            [program, "--help"], env={"PATH": path}, capture_output=True, text=True, check=True
        )
        assert f"dask {part}" in done.stdout.lower()


def test_only_pods_of_the_run_reach_dask_and_nothing_of_it_is_opened() -> None:
    assert values("dask")["scheduler"]["serviceType"] == "ClusterIP"
    assert not values("dask")["jupyter"]["enabled"]
    policy = yaml.safe_load((DEPLOY / "dask-network.yaml").read_text(encoding="utf-8"))["spec"]
    assert policy["podSelector"]["matchLabels"] == {"app": "dask"}
    [rule] = policy["ingress"]
    assert [one["podSelector"]["matchLabels"] for one in rule["from"]] == [
        {"app": "dask"},
        {"app.kubernetes.io/name": "prefect-worker"},
    ]


def test_files_that_the_page_names_exist() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"\bdeploy/([\w./-]+\w)", page):
        assert (DEPLOY / name).exists(), name
    for name in re.findall(r"\bcompose[\w.]*\.yaml|\bhelm/[\w-]+\.yaml|\bdask-network\.yaml", page):
        assert (DEPLOY / name).exists(), name
    for kept in sorted((DEPLOY / "helm").glob("*.yaml")):
        assert f"-f deploy/helm/{kept.name}" in page


@pytest.mark.slow
def test_scheduler_and_worker_of_compose_find_each_other(tmp_path: Path) -> None:
    """With loopback in place of a service's name, a free port, and a folder of the test's."""
    from distributed import Client

    found, told = services(CLUSTER), tmp_path / "scheduler.json"
    scheduler = [word.replace("0.0.0.0", "127.0.0.1") for word in found["dask-scheduler"]["command"]]
    scheduler[scheduler.index("--port") + 1] = "0"
    worker = [word for word in found["dask-worker"]["command"] if not word.startswith("tcp://")]
    worker[worker.index("--local-directory") + 1] = str(tmp_path)
    started = []
    try:
        for words in (scheduler, worker):
            command = [sys.executable, "-m", *words, "--scheduler-file", str(told)]
            with (tmp_path / f"{words[1]}.log").open("wb") as said:
                started.append(subprocess.Popen(command, cwd=tmp_path, stdout=said, stderr=said))
            until = time.monotonic() + 60
            while not told.exists():
                assert time.monotonic() < until, (tmp_path / "scheduler.log").read_text(encoding="utf-8")
                time.sleep(0.1)
        with Client(scheduler_file=str(told), timeout=30) as client:
            client.wait_for_workers(1, timeout=60)
            assert list(client.nthreads().values()) == [THREADS]
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            process.wait(30)


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
@pytest.mark.parametrize(
    ("lock", "program", "word"),
    [("requirements.lock", "nightbench", "serve"), ("requirements-dev.lock", "dask-worker", "--nthreads")],
    ids=["alone", "cluster"],
)
def test_image_is_built_and_says_its_help(lock: str, program: str, word: str) -> None:
    name = engine()
    if name is None:
        pytest.skip("no container engine answers here (docker, podman)")
    tag = "nightbench-test:0"
    build: list[str | Path] = [name, "build", "-q", "-f", DEPLOY / "Dockerfile", "-t", tag]
    build += ["--build-arg", f"LOCK={lock}", CHECKOUT]
    made = subprocess.run(build, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    said = subprocess.run(
        [name, "run", "--rm", tag, program, "--help"], capture_output=True, text=True, check=True
    )
    assert word in said.stdout
