"""What the forms offer: the suites, models, runs and files of labels that exist when it is asked.

The choices go into the deployment's JSON schema, which the server checks, and not into the flow's parameter
model: a run that came since is a word like another to the flow.
"""

import copy
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from flows.parameters import AS_IN_RUN, NOBODY, Kind, OfferedFrom
from tasks.home import CHECKOUT, Settings
from tasks.new_spec import SIMULATED
from tasks.spec import EvalSpec
from warehouse.errors import NightbenchError

MOST_RUNS = 100  # the newest
MOST_MODELS = 300
VENDORS = ("anthropic", "openai")  # whose SDKs name their models
LABELS = "labels"  # the folder in the home
SUFFIXES = (".json", ".jsonl", ".csv", ".parquet", ".gz")
RUN = """
select run_id from runs where kind in ('evaluate', 'import', 'rehearsal')
order by started_at desc, run_id limit {most}
"""
RAN = "select distinct {column} from run_variants order by all limit {most}"
GRADERS = "select distinct grader from grades where grader not like 'judge.%' order by all limit {most}"


@dataclass(frozen=True)
class Choices:
    """What there is to choose from, by its kind."""

    runs: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    models: tuple[str, ...] = ()  # that were run
    suites: tuple[str, ...] = ()
    graders: tuple[str, ...] = ()
    known_models: tuple[str, ...] = ()  # that can be asked
    labels: tuple[str, ...] = ()
    rubrics: tuple[str, ...] = ()

    def of(self, kind: Kind) -> tuple[str, ...]:
        """The choices of a field of this kind."""
        kinds: Mapping[Kind, Sequence[str]] = {
            "runs": self.runs,
            "things": (*self.runs, *self.variants, *self.models),
            "suites": self.suites,
            "graders": self.graders,
            "judges": (AS_IN_RUN, NOBODY, *self.known_models),
            "known judges": self.known_models,
            "labels": self.labels,
            "rubrics": self.rubrics,
        }
        return tuple(dict.fromkeys(kinds[kind]))


def read_choices(settings: Settings) -> Choices:
    """What exists now; what cannot be read is not offered."""
    ran = {name: _ran(settings, RAN.format(column=name, most=MOST_MODELS)) for name in ("variant", "model")}
    return Choices(
        runs=_ran(settings, RUN.format(most=MOST_RUNS)),
        variants=ran["variant"],
        models=ran["model"],
        suites=_suites(settings),
        graders=_ran(settings, GRADERS.format(most=MOST_MODELS)),
        known_models=_known_models(ran["model"]),
        labels=_labels(settings.home.root / LABELS),
        rubrics=tuple(sorted(path.stem for path in (CHECKOUT / "datasets" / "rubrics").glob("*.toml"))),
    )


def stamp(settings: Settings) -> tuple[object, ...]:
    """Another whenever the choices may be others: cheap enough to be asked again and again."""
    folder = settings.home.root / LABELS
    seen = (settings.home.warehouse / "catalog.duckdb", folder, *settings.suite_folders)
    return tuple(path.stat().st_mtime_ns if path.exists() else None for path in seen)


def offering(schema: Mapping[str, Any], model: type[BaseModel], choices: Choices) -> dict[str, Any]:
    """The JSON schema of a flow's parameters, with what there is as choices of the fields of `model`.

    A field's default is always among them. A list whose choices are none takes no value.
    """
    made = copy.deepcopy(dict(schema))
    made["properties"]["options"]["title"] = "Options"
    fields = made["definitions"][model.__name__]["properties"]
    fields |= model.model_json_schema()["properties"]  # without the choices of before
    for name, field in model.model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, OfferedFrom):
                known = choices.of(mark.kind)
                if get_origin(field.annotation) is not list:
                    fields[name]["enum"] = list(dict.fromkeys((field.default, *known)))
                elif known:
                    fields[name]["items"]["enum"] = list(known)
                else:
                    fields[name]["maxItems"] = 0
    return made


def _ran(settings: Settings, sql: str) -> tuple[str, ...]:
    from warehouse.query import run_sql

    if not (settings.home.warehouse / "catalog.duckdb").exists():
        return ()
    return _safely(lambda: tuple(str(row[0]) for row in run_sql(settings.home.warehouse, sql).rows))


def naming(schema: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    """The JSON schema of `evaluate` or `nightly`, with the suites and models that there are as choices.

    The server refuses other suites. Another model can be typed: nobody may have run it yet.
    """
    made = copy.deepcopy(dict(schema))
    whole = EvalSpec.model_json_schema(ref_template="#/definitions/{model}")
    fields, one_model, one_suite = (
        made["definitions"][part]["properties"] for part in ("EvalSpec", "ModelEntry", "SuiteEntry")
    )
    fields["suites"] = whole["properties"]["suites"]  # without the choices of before
    one_suite["name"] = whole["$defs"]["SuiteEntry"]["properties"]["name"]
    by_name, _ = fields["suites"]["items"]["anyOf"]
    by_name["title"] = "By name"
    made["definitions"]["SuiteEntry"]["title"] = "With options"
    if choices.suites:
        by_name["enum"] = one_suite["name"]["enum"] = list(choices.suites)
    model = whole["$defs"]["ModelEntry"]["properties"]["model"]
    said = {name: model.pop(name) for name in ("title", "description")}
    there = list(dict.fromkeys((*choices.known_models, *SIMULATED)))
    known = {"type": "string", "title": "One of these", "enum": there}
    one_model["model"] = said | {"anyOf": [known, model | {"title": "Another"}]}
    return made


def _safely(read: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """What can be read; a damaged catalog or folder must not keep `serve` from starting."""
    try:
        return read()
    except (NightbenchError, OSError):
        return ()


def _suites(settings: Settings) -> tuple[str, ...]:
    from tasks.load.discover import discover

    return _safely(lambda: tuple(sorted(discover(settings.suite_folders))))


def _known_models(ran: Sequence[str]) -> tuple[str, ...]:
    """Those that were run and can be asked, and those of the vendors whose keys are set."""
    from tasks.call.endpoint import missing_variables

    asked = [model for model in ran if not model.startswith("recorded/")]
    named: list[str] = []
    ready = {provider for provider in VENDORS if not missing_variables(provider, os.environ)}
    if ready:  # the SDKs' own import takes seconds
        from tasks.call.sdk_models import sdk_models

        named = [
            f"{vendor}/{name}" for vendor, names in sdk_models().items() if vendor in ready for name in names
        ]
    return tuple(dict.fromkeys((*asked, *named)))[:MOST_MODELS]


def _labels(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file()))
