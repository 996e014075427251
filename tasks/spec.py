"""What a run is asked to do: one frozen model behind the TOML file, the options and the Prefect form.

Titles, descriptions and bounds are written for the person who fills in the form.
"""

import difflib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from tasks.form import HEADERS_SCHEMA, JUDGE_SCHEMA, KEY_WORDS, MODEL_SCHEMA, NO_TWINS_SCHEMA, PROVIDERS
from tasks.model import Api, short_hash
from tasks.spec_errors import problems
from tasks.spec_parts import Limits as Limits
from tasks.spec_parts import Part, Stop, Workers
from tasks.spec_parts import SuiteEntry as SuiteEntry
from warehouse.errors import SpecError

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*\Z")
RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
DURATION = r"^\d{1,6}(\.\d{1,6})?[mhd]$"
SECONDS_OF = {"m": 60, "h": 3600, "d": 86_400}
BATCH_S = 24 * 3600.0  # what the providers allow themselves for a batch
WITHOUT_BATCHES = ("compatible/",)
# Fields that came later: a spec that leaves them alone is the one that it was before there were any.
LATER: dict[str, object] = {
    "mode": "realtime",
    "deadline": None,
    "judge": None,
    "store_text": True,
    "stop": None,
}
JUDGE = "judge "  # what a judge's variant begins with
REACHED = ("base_url", "api_key_env", "headers", "limits", "priced_as", "api")
EVEN_SHARD = 10  # samples: so far apart are suites that are to progress side by side
# A resumed run may differ in these, and in a model's limits and cache.
MONEY = frozenset({"budget_usd", "on_budget", "ask_above_usd", "approve_above_usd"})
FREE_TO_CHANGE = MONEY | {"max_failed", "reuse", "baseline", "engine"}


# The form takes a number or its text; in JSON it is text, because a float would round.
Usd = Annotated[Decimal, Field(max_digits=12, decimal_places=6, allow_inf_nan=False)]
CacheChoice = Literal["5m", "1h", "off"]


class ModelEntry(Part):
    """One competitor: a model with its parameters and prompt."""

    model: str = Field(
        title="Model",
        json_schema_extra=MODEL_SCHEMA,
        description="provider/name, for example anthropic/claude-haiku-5-5, openai/gpt-6-luna, "
        "azure/<deployment>, compatible/<name>, simulated/gpt-4o-2024-05-13.",
    )
    name: str | None = Field(
        None,
        min_length=1,
        max_length=80,
        title="Variant",
        description="How this competitor is called in the results; by default the model.",
    )
    params: dict[str, Any] = Field(
        default_factory=dict,
        title="Parameters",
        description='As the vendor names them, for example {"temperature": 0.0, "max_tokens": 1024}. '
        "They win over the suite's.",
    )
    api: Api | None = Field(
        None,
        title="API",
        description="Which of OpenAI's two: chat (completions) or responses. Default: chat, where the model "
        "has it.",
    )
    system: str | None = Field(None, title="System message", description="Replaces the suite's.")
    prompt: str | None = Field(
        None, title="Prompt file", description="Path of a .jinja file that replaces the suite's prompt."
    )
    limits: Limits = Field(default_factory=lambda: Limits.model_validate({}), title="Limits")
    cache: CacheChoice = Field(
        "5m",
        title="Prompt cache",
        description="What all prompts begin with is read from the vendor's cache: for how long it is kept "
        "there (an hour costs more to write), or off.",
    )
    base_url: str | None = Field(
        None,
        json_schema_extra={"pattern": r"^https?://[^@?#\s]+$"},  # the form's; here the value is not repeated
        title="Base URL",
        description="Another address for this provider's API. It is kept and shown: no password, no query.",
    )
    api_key_env: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        title="Key variable",
        description="Name of the environment variable that holds the key. Never the key itself.",
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        title="Headers",
        description="Sent with each request. Not for keys: they are kept.",
        json_schema_extra=HEADERS_SCHEMA,
    )
    priced_as: str | None = Field(
        None, title="Priced as", description="provider/name of the model whose price applies."
    )

    @field_validator("model", "priced_as")
    @classmethod
    def _provider_slash_name(cls, value: str | None) -> str | None:
        return None if value is None else check_model(value)

    @field_validator("headers")
    @classmethod
    def _no_keys_in_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for header, text in value.items():
            if any(word in header.lower() for word in KEY_WORDS):
                raise ValueError(
                    f'the header "{header}" carries a key; name its variable in api_key_env instead'
                )
            if not HEADER_NAME.match(header) or not HEADER_VALUE.match(text):
                raise ValueError(f'the header "{header}" cannot be sent: name or value is not plain ASCII')
        return value

    @property
    def account(self) -> str:
        """What has one set of limits: a model at an endpoint with a key."""
        return "|".join((self.model, self.base_url or "", self.api_key_env or ""))

    @property
    def variant(self) -> str:
        """The variant's name."""
        return self.name or self.model


def check_model(value: str) -> str:
    """The name of a model itself.

    Raises: ValueError: it is not provider/name.
    """
    provider, slash, name = value.partition("/")
    if not slash or not name.strip() or name != name.strip():
        raise ValueError(f'"{value}" is not of the form provider/name, as in openai/gpt-4o-2024-05-13')
    if provider not in PROVIDERS:
        near = difflib.get_close_matches(provider.lower(), PROVIDERS, n=1)
        hint = f'did you mean "{near[0]}/{name}"? Known' if near else "known"
        raise ValueError(f'"{provider}" is not a provider; {hint} are {", ".join(PROVIDERS)}')
    return value


OneJudge = Annotated[str, Field(json_schema_extra=JUDGE_SCHEMA)] | ModelEntry


class EvalSpec(Part):
    """Which suites are put to which models, how often and within which bounds."""

    suites: Annotated[list[str | SuiteEntry], Field(min_length=1)] = Field(
        title="Suites",
        description="Names of suites, as `nightbench suites` lists them.",
        json_schema_extra=NO_TWINS_SCHEMA,
    )
    models: Annotated[list[ModelEntry], Field(min_length=1)] = Field(
        title="Models",
        description="The competitors; each is asked the same samples.",
        json_schema_extra=NO_TWINS_SCHEMA,
    )
    limit: int | None = Field(
        None, ge=1, title="Samples a suite", description="The same ones for every variant; empty: all."
    )
    epochs: int = Field(1, ge=1, le=1000, title="Epochs", description="How often each sample is asked.")
    seed: int = Field(0, ge=0, le=2**63 - 1, title="Seed", description="Decides which samples a limit takes.")
    mode: Literal["realtime", "batch", "auto"] = Field(
        "realtime",
        title="Mode",
        description="batch: at half price, within the providers' 24 hours. auto: that where the deadline "
        "leaves these 24 hours and the provider has batches.",
    )
    deadline: str | None = Field(
        None,
        pattern=DURATION,
        title="Deadline",
        description="For mode auto: how long after its start the run must be over, as 8h, 90m or 2d.",
    )
    max_failed: float = Field(
        0.05, ge=0.0, le=1.0, title="Failed calls allowed", description="Share; above it the run has failed."
    )
    budget_usd: Usd | None = Field(
        None,
        gt=0,
        title="Budget in USD",
        description="The run stops before it costs more, judges included; a larger budget goes on with it.",
    )
    on_budget: Literal["stop", "refuse"] = Field(
        "stop",
        title="At the budget",
        description="stop: go as far as it reaches; refuse: do not begin what is expected to cost more.",
    )
    ask_above_usd: Usd | None = Field(
        Decimal("5.00"),
        ge=0,
        title="Ask above USD",
        description="A person at a terminal is asked before a run that is expected to cost more.",
    )
    approve_above_usd: Usd | None = Field(
        None,
        ge=0,
        title="Approve above USD",
        description="A run that Prefect begins waits for a person where it is expected to cost more.",
    )
    spend_evenly: bool = Field(
        False,
        title="Spend evenly",
        description="All suites side by side, the same samples for all models, instead of suite after suite.",
    )
    reuse: str = Field(
        "never",
        pattern=r"^(never|same-spec|[1-7]d)$",
        title="Reuse answers",
        description="never; same-spec: those of earlier runs of this spec; 7d: any identical request of "
        "the last seven days (1d to 7d). They cost nothing. Not for a nightly run: it looks for drift.",
    )
    baseline: str = Field(
        "last",
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        title="Baseline",
        description='What a night is compared with: a run, "last" (of each suite and variant the newest '
        'whole run before), or "none".',
    )
    judge: OneJudge | Annotated[list[OneJudge], Field(json_schema_extra=NO_TWINS_SCHEMA)] | None = Field(
        None,
        title="Judge",
        description="The model that graders of the types judge and pairwise ask, as provider/name; a list is "
        "a panel.",
    )
    store_text: bool = Field(
        True, title="Keep text", description="Off: only hashes, tokens, grades and costs are kept."
    )
    shard_size: int = Field(
        250,
        ge=1,
        le=10_000,
        title="Shard size",
        description="Samples a Prefect task, of one suite and variant.",
    )

    stop: Stop | None = Field(
        None,
        title="Stop when decided",
        description="Samples in a seeded random order; a suite ends once its models are told apart, or are "
        "shown to be alike.",
    )
    engine: Workers | None = Field(
        None,
        title="Engine",
        description="More than one process for the calls of the run; empty: the flow's own makes them all.",
    )

    @field_validator("judge")
    @classmethod
    def _judges_are_asked(cls, value: Any) -> Any:
        for judge in value if isinstance(value, list) else [value]:
            model = judge.model if isinstance(judge, ModelEntry) else judge
            if model is not None and check_model(model).startswith("recorded/"):
                raise ValueError(f'"{model}" cannot be asked: recorded outputs judge in `calibrate` alone')
            if isinstance(judge, ModelEntry) and (judge.system is not None or judge.prompt is not None):
                raise ValueError("a judge's prompt is its rubric; system and prompt are for competitors")
        return value

    @model_validator(mode="after")
    def _no_twins(self) -> "EvalSpec":
        for what, names in (
            ("suite", [entry.name for entry in self.suite_entries]),
            ("variant", [entry.variant for entry in self.models]),
            ("judge", [judge_label(entry) for entry in self.judge_entries]),
            ("variant", [entry.variant for entry in self.entries]),  # a competitor called as a judge is
        ):
            twins = sorted({name for name in names if names.count(name) > 1})
            if twins:
                mend = "; give one of them another name" if what != "suite" else ""
                raise ValueError(f'{what} "{twins[0]}" is there twice{mend}')
        first: dict[str, ModelEntry] = {}
        for entry in (*self.models, *self.judge_entries):
            other = first.setdefault(entry.account, entry)
            if other.limits != entry.limits:
                raise ValueError(
                    f'the variants "{other.variant}" and "{entry.variant}" call one model with one key, and '
                    "share its limits; give both the same"
                )
        return self

    @model_validator(mode="after")
    def _mode_fits(self) -> "EvalSpec":
        if not self.store_text and self.reuse != "never":
            raise ValueError("with store_text = false no answers are reused; leave reuse out")
        if self.deadline is not None and self.mode != "auto":
            raise ValueError(f'deadline is only for mode = "auto", and mode is "{self.mode}"')
        without = [entry.model for entry in self.entries if entry.model.startswith(WITHOUT_BATCHES)]
        if self.mode == "batch" and without:
            raise ValueError(
                f'{without[0]} has no batches; with mode = "auto" it is called in realtime, and those that '
                f"have batches use them"
            )
        return self

    @model_validator(mode="after")
    def _stop_fits(self) -> "EvalSpec":
        if self.stop is not None and len(self.models) < 2:
            raise ValueError("[stop] compares models, and there is one; name a second, or leave it out")
        if self.stop is not None and self.mode != "realtime":
            raise ValueError(
                f'[stop] looks at answers as they come, and with mode = "{self.mode}" they come together; '
                f'take mode = "realtime", or leave it out'
            )
        return self

    @property
    def deadline_s(self) -> float | None:
        """The deadline in seconds after the run's start."""
        if self.deadline is None:
            return None
        return float(self.deadline[:-1]) * SECONDS_OF[self.deadline[-1]]

    def plans_batches(self, model: str) -> bool:
        """Whether calls to a model go into batches when the run begins."""
        if self.mode == "realtime" or model.startswith(WITHOUT_BATCHES):
            return False
        return self.mode == "batch" or self.deadline_s is None or self.deadline_s >= BATCH_S

    @property
    def suite_entries(self) -> list[SuiteEntry]:
        """The suites, each as an entry with its options."""
        return [
            entry if isinstance(entry, SuiteEntry) else SuiteEntry.model_validate({"name": entry})
            for entry in self.suites
        ]

    @property
    def judge_entries(self) -> list[ModelEntry]:
        """The judges, with names of their own; one named alone is reached as the competitor of that name."""
        judges = self.judge if isinstance(self.judge, list) else [] if self.judge is None else [self.judge]
        return [self._judge(judge) for judge in judges]

    @property
    def entries(self) -> list[ModelEntry]:
        """Every model that the run calls: competitors, then judges."""
        return [*self.models, *self.judge_entries]

    def _judge(self, judge: str | ModelEntry) -> ModelEntry:
        if isinstance(judge, str):
            alike = next((entry for entry in self.models if entry.model == judge), None)
            reached = alike.model_dump(include=set(REACHED)) if alike is not None else {}
            judge = ModelEntry.model_validate({"model": judge, **reached})
        return judge.model_copy(update={"name": f"{JUDGE}{judge.variant}"})

    @property
    def shard_calls(self) -> int:
        """Samples a shard: fewer where all suites are to progress side by side."""
        even = self.spend_evenly or self.stop is not None
        return min(self.shard_size, EVEN_SHARD) if even else self.shard_size

    def fingerprint(self) -> str:
        """Equal for specs that may share a run id: everything but budget and limits."""
        data = self.model_dump(mode="json", exclude=set(FREE_TO_CHANGE))
        judges = data["judge"] if isinstance(data["judge"], list) else [data["judge"]]
        for entry in (*data["models"], *(judge for judge in judges if isinstance(judge, dict))):
            entry.pop("limits")
            entry.pop("cache")  # how it is sent, not what is asked
        for name, default in LATER.items():
            if data[name] == default:
                del data[name]
        return short_hash(data)


def judge_label(entry: ModelEntry) -> str:
    """How a judge is called in the names of grades: the model, or the name that its entry gives it."""
    return entry.variant.removeprefix(JUDGE)


def make_spec(fields: Mapping[str, Any], source: str = "the command line") -> EvalSpec:
    """Validate raw fields into a spec.

    Raises: SpecError: every problem with its field, on a line of its own.
    """
    try:
        return EvalSpec.model_validate(dict(fields))
    except ValidationError as error:
        raise SpecError(
            f"{source}: the spec cannot be used. Nothing was sent.\n" + "\n".join(problems(error))
        ) from error
