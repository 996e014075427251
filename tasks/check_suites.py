"""With what a bundle's answers are judged again: this nightbench's own suite where it has the very version,
else the samples and graders that the bundle carries.

A bundle's graders are names and options, never code or a file's name; what they judge is graded here as any
answer is: programs in the sandbox, queries in a process of their own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.bundle_suites import hide, unpack
from tasks.bundle_zip import BundleReader
from tasks.grade.base import Grader
from tasks.grade.registry import make_graders as graders_of
from tasks.home import Settings
from tasks.land.rows import sample_rows
from tasks.load.discover import find_suite
from tasks.load.samples import load_suite
from tasks.model import GraderConfig, Sample, Suite
from tasks.regrade_stored import KEPT, StoredAnswer
from tasks.spec import EvalSpec
from tasks.work import graders_of_spec, make_graders
from warehouse.bundled import BundledError
from warehouse.errors import NightbenchError, SuiteError

MISMADE = (TypeError, ValueError, AttributeError, KeyError, IndexError, RecursionError)


@dataclass(frozen=True)
class Judging:
    """How the answers to one suite are judged again; without graders they are not, and `trusted` says why."""

    name: str
    version: str
    graders: tuple[Grader, ...]
    samples: Mapping[str, Sample]  # by id, from this nightbench's suite; none: as the bundle has them
    extra: Mapping[str, tuple[Mapping[str, Any], tuple[str, ...]]]  # by id, columns and choices of the bundle
    trusted: str  # why the grades are not looked at again; empty: they are
    ours: bool  # text and graders are those of this nightbench

    def sample(self, one: StoredAnswer) -> Sample:
        """The sample that an answer is of, with all that is known of it."""
        if one.call.sample_id in self.samples:
            return self.samples[one.call.sample_id]
        if one.call.sample_id not in self.extra:
            return one.sample
        row, choices = self.extra[one.call.sample_id]
        return replace(one.sample, row=row, choices=choices)


def judging_of(settings: Settings, bundle: BundleReader, said: Mapping[str, Any], spec: EvalSpec) -> Judging:
    """How a suite that the bundle describes is judged again here.

    Raises: BundledError: what it says of the suite cannot be read.
    """
    name, version, text = (_word(said, key) for key in ("suite", "suite_version", "text"))
    entry = next((one for one in spec.suite_entries if one.name == name), None)
    suite = _here(settings, name, version)
    if suite is not None:
        samples = {sample.sample_id: sample for sample in suite.samples}
        graders = make_graders(suite, entry) if _has_no_files(entry) else _carried(said, name)
        why = "it is sealed, and what models said is not in the bundle" if suite.sealed else ""
        return Judging(name, version, () if why else graders, samples, {}, why, ours=True)
    if text != "whole":
        why = "its text is not in the bundle, and this nightbench does not have that version of it"
        return Judging(name, version, (), {}, {}, why, ours=False)
    graders = graders_of_spec(name, entry) if _has_no_files(entry) else ()
    graders = graders or _carried(said, name)
    why = "" if graders else "its graders are not in the bundle"
    extra = _extra(bundle, name)
    if any(not grader.stored for grader in graders) and not extra:
        why, graders = "the columns that its graders need are not in the bundle", ()
    return Judging(name, version, graders, {}, extra, why, ours=False)


def differing_text(judging: Judging, suite: Suite, rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The samples that the bundle has otherwise than this nightbench's suite, whole or as hashes."""
    differing = []
    for row in sample_rows(suite):
        sample_id = str(row["sample_id"])
        got = rows.get(sample_id)
        names = [name for name in KEPT if name != "metadata"]
        forms = (row, hide("samples", row))
        if got is None or not any(
            all((got[name] or None) == (form[name] or None) for name in names) for form in forms
        ):
            differing.append(sample_id)
    return differing


def local_suite(settings: Settings, name: str, version: str) -> Suite | None:
    """The suite as this nightbench has it, where that is the very version."""
    return _here(settings, name, version)


def _here(settings: Settings, name: str, version: str) -> Suite | None:
    try:
        suite = load_suite(find_suite(name, settings.suite_folders), settings.home.cache)
    except SuiteError:  # unknown here, or its data is not pulled: the bundle's own text is used, and said so
        return None
    return suite if suite.version == version else None


def _carried(said: Mapping[str, Any], name: str) -> tuple[Grader, ...]:
    place = f'graders of suite "{name}" in the bundle'
    try:
        configs = [GraderConfig(str(one["type"]), unpack(one["options"])) for one in said["graders"]]
    except MISMADE as error:
        raise BundledError(f"{place}: are not what graders are: {error}. Nothing was graded.") from error
    for config in configs:
        rubric = config.options.get("rubric")
        if isinstance(rubric, str) and ("/" in rubric or "\\" in rubric or rubric.endswith(".toml")):
            raise BundledError(f"{place}: name a file, {rubric!r:.60}. Nothing was graded.")
    try:
        return graders_of(configs, place) if configs else ()
    except NightbenchError as error:
        raise BundledError(f"{error} The bundle was made by another nightbench, or changed.") from error


def _has_no_files(entry: Any) -> bool:
    """Whether the spec's graders name no file, which would be one of this machine."""
    graders: Sequence[Mapping[str, Any]] = (entry.graders if entry is not None else None) or ()
    return not any(str(one.get("rubric", "")).endswith(".toml") for one in graders)


def _extra(bundle: BundleReader, name: str) -> dict[str, tuple[Mapping[str, Any], tuple[str, ...]]]:
    found: dict[str, tuple[Mapping[str, Any], tuple[str, ...]]] = {}
    for line, place in bundle.lines(f"suites/{name}/samples.jsonl"):
        try:
            one = json.loads(line)
            row = unpack(one["row"])
            if not isinstance(row, dict) or not all(isinstance(text, str) for text in one["choices"]):
                raise ValueError("its row or its choices are none")
            found[str(one["sample_id"])] = (row, tuple(one["choices"]))
        except MISMADE as error:
            raise BundledError(f"{place}: is no sample: {error}. Nothing was graded.") from error
    return found


def _word(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or len(value) > 200:
        raise BundledError(f'bundle.json: a suite has no "{key}". Nothing was graded.')
    return value
