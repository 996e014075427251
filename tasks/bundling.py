"""`nightbench bundle`: all that a run's published numbers rest on, in one file.

bundle.json              what it is: versions, suites with their graders, claims, members with checksums
spec.json                the spec as it was run
tables/<table>.jsonl     runs, samples, prompts, calls, attempts, grades, pairs, calibrations, prices
suites/<name>/...        the definition, and samples.jsonl: whole samples for graders that need them
"""

import json
import platform
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb

from tasks.bundle_suites import BundledSuite, describe_suite, full_rows, hide
from tasks.bundle_zip import BundleWriter
from tasks.home import Settings, code_version
from tasks.regrade_stored import KINDS, is_sealed, make_sample
from tasks.runs import is_running
from tasks.spec import make_spec
from warehouse.bundled import TABLES, Resting, asked_of, claims_of, resting_on, rows_of, sample_of, to_line
from warehouse.durable import fsync_file, sha256_of, writing
from warehouse.errors import SpecError
from warehouse.export import REMEDY, is_there, put
from warehouse.query import open_catalog, plain

PACKAGES = ("duckdb", "pyarrow", "pydantic", "jinja2", "jsonschema", "sqlglot", "math-verify", "genai-prices")


@dataclass(frozen=True)
class Bundled:
    """The file that was written: its sha256 is what to publish beside the number."""

    path: Path
    sha256: str
    n_bytes: int
    run_id: str
    rows: Mapping[str, int]
    suites: tuple[BundledSuite, ...]


def write_bundle(
    settings: Settings,
    run_id: str,
    target: Path,
    *,
    with_text: Collection[str] = (),
    force: bool = False,
) -> Bundled:
    """Write the bundle of a committed run. `with_text` names suites whose text may be passed on.

    Raises: SpecError: no such run, one without answers or that is being worked on; the file is there.
    Raises: WarehouseError: the disk refuses; there is no file then.
    """
    if target.exists() and not force:
        raise is_there(target)
    if not target.parent.is_dir():
        raise SpecError(f"{target}: there is no folder {target.parent}. Nothing was written. Make it.")
    if is_running(settings.home, run_id):
        raise SpecError(
            f'run "{run_id}" is being worked on by another process. Nothing was written. Wait for its end.'
        )
    with (
        writing(target, REMEDY),
        open_catalog(settings.home.warehouse) as connection,
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".nightbench-bundle-") as folder,
    ):
        new = Path(folder) / "new"
        spec = _spec_of(connection, run_id)
        suites = _suites(settings, connection, run_id, spec, with_text)
        with BundleWriter(new) as bundle:
            rows = _fill(bundle, connection, run_id, spec, suites)
        fsync_file(new)
        digest, n_bytes = sha256_of(new), new.stat().st_size
        put(new, target, force=force)
    return Bundled(target, digest, n_bytes, run_id, rows, tuple(suites))


def _spec_of(connection: duckdb.DuckDBPyConnection, run_id: str) -> Mapping[str, Any]:
    row = connection.execute("select kind, spec from runs where run_id = ?", [run_id]).fetchone()
    if row is None:
        raise SpecError(
            f'run "{run_id}" is not in the warehouse. Nothing was written. `nightbench runs` lists what is.'
        )
    kind, spec = row
    fields: Mapping[str, Any] = json.loads(spec)
    if kind not in KINDS:
        graded = fields.get("regrade", {}).get("run_id")
        hint = f" It graded {graded}, whose bundle has its grades too." if graded else ""
        raise SpecError(
            f'run "{run_id}" is of kind {kind}, and has no results of its own. Nothing was written.{hint} '
            f"Runs of kind {', '.join(KINDS)} are bundled."
        )
    return fields


def _suites(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    spec: Mapping[str, Any],
    with_text: Collection[str],
) -> list[BundledSuite]:
    entries = {entry.name: entry for entry in make_spec(spec, f'spec of run "{run_id}"').suite_entries}
    asked = asked_of(connection, run_id)
    unknown = sorted(set(with_text) - {suite for suite, _ in asked})
    if unknown:
        raise SpecError(f'--with-text {unknown[0]}: run "{run_id}" did not ask it. Nothing was written.')
    found = []
    for suite, version in asked:
        first = sample_of(connection, suite, version)
        sealed = first is not None and is_sealed(make_sample(first[0], first[1:]))
        found.append(
            describe_suite(
                settings, suite, version, entries.get(suite), sealed=sealed, allowed=suite in with_text
            )
        )
    return found


def _fill(
    bundle: BundleWriter,
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    spec: Mapping[str, Any],
    suites: list[BundledSuite],
) -> dict[str, int]:
    resting = resting_on(connection, run_id)
    bundle.add("spec.json", [json.dumps(spec, indent=1, sort_keys=True).encode() + b"\n"])
    hidden = {(suite.name, suite.version) for suite in suites if suite.text == "hashed"}
    prompts = _prompts_of(connection, resting, hidden)
    rows = {}
    for table in TABLES:
        lines = (
            to_line(hide(table, row) if _is_hidden(table, row, hidden, prompts) else row)
            for row in rows_of(connection, table, resting)
        )
        rows[table] = bundle.add(f"tables/{table}.jsonl", lines)
    asked = asked_of(connection, run_id)
    described = []
    for suite in suites:
        members = [f"suites/{suite.name}/{name}" for name in suite.files]
        for member, text in zip(members, suite.files.values(), strict=True):
            bundle.add(member, [text.encode()])
        if suite.text == "whole" and suite.present and not all(one.stored for one in suite.graders):
            members.append(f"suites/{suite.name}/samples.jsonl")
            whole = full_rows(suite.present, asked[suite.name, suite.version])
            bundle.add(members[-1], (json.dumps(row).encode() + b"\n" for row in whole))
        described.append(_described(suite, members))
    claims = [{name: plain(value) for name, value in row.items()} for row in claims_of(connection, run_id)]
    bundle.finish(
        {"run_id": run_id, "made_by": _made_by(), "suites": described, "claims": claims},
    )
    return rows


def _prompts_of(
    connection: duckdb.DuckDBPyConnection, resting: Resting, hidden: Collection[tuple[str, str]]
) -> set[Any]:
    """The prompts that hold text of a suite that stays at home."""
    if not hidden:
        return set()
    return {
        row["prompt_hash"]
        for row in rows_of(connection, "calls", resting)
        if (row["suite"], row["suite_version"]) in hidden
    }


def _is_hidden(
    table: str, row: Mapping[str, Any], hidden: Collection[tuple[str, str]], prompts: Collection[Any]
) -> bool:
    if table == "prompts":
        return row["prompt_hash"] in prompts
    return table in {"samples", "grades"} and (row["suite"], row["suite_version"]) in hidden


def _described(suite: BundledSuite, members: list[str]) -> dict[str, Any]:
    here = suite.present
    return {
        "suite": suite.name,
        "suite_version": suite.version,
        "text": suite.text,
        "why": suite.why,
        "sealed": suite.sealed,
        "title": here.title if here else None,
        "licence": here.licence if here else None,
        "citation": here.citation if here else None,
        "graders": list(suite.configs),
        "members": members,
    }


def _made_by() -> dict[str, Any]:
    return {
        "nightbench": code_version(),
        "python": platform.python_version(),
        "packages": dict(_versions()),
    }


def _versions() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, "absent"
