"""One request in, one verdict out: routing, keys, limits, faults, the reply, and the entry in the ledger.

Nothing here waits or reads a socket; the clock is an argument. The order is a vendor's own: key, body,
model, limits, (fault,) context, filter, answer.
"""

import itertools
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tasks.call.facts import family_of as facts_of
from tasks.call.simulated.anthropic import Anthropic
from tasks.call.simulated.batches_answers import Handle, without_retryable
from tasks.call.simulated.batches_service import BatchService
from tasks.call.simulated.buckets import Account
from tasks.call.simulated.caching import PromptCache
from tasks.call.simulated.connection import HttpRequest, Verdict, to_http
from tasks.call.simulated.families import Family, family_of
from tasks.call.simulated.faults import Attempts
from tasks.call.simulated.ledger import Ledger, Outcome, Row
from tasks.call.simulated.openai import Azure, OpenAI
from tasks.call.simulated.plan import PlanEntry, parse_plan
from tasks.call.simulated.reply import CallKey, Fate, decide_fate, make_reply
from tasks.call.simulated.responses import AzureResponses, Responses
from tasks.call.simulated.settings import FaultKind, Settings, make_settings
from tasks.call.simulated.streams import time_stream, to_stream_head
from tasks.call.simulated.wire import (
    Headers,
    Json,
    Problem,
    Refused,
    Reply,
    Request,
    Tokens,
    Vendor,
    bad_request,
    to_bytes,
)
from tasks.model import hash_uuid
from warehouse.errors import SpecError

SAMPLE_HEADER = "x-nightbench-sample"
CONTEXT_TOKENS = 200_000  # of a model of which it is not known
_ANTHROPIC, _OPENAI, _AZURE = Anthropic(), OpenAI(), Azure()
_RESPONSES, _AZURE_RESPONSES = Responses(), AzureResponses()
_CALLS: dict[str, Vendor] = {
    "/v1/messages": _ANTHROPIC,
    "/v1/chat/completions": _OPENAI,
    "/openai/v1/chat/completions": _AZURE,
    "/v1/responses": _RESPONSES,
    "/openai/responses": _AZURE_RESPONSES,
    "/openai/v1/responses": _AZURE_RESPONSES,
}
_DEPLOYMENTS, _COMPLETIONS = "/openai/deployments/", "/chat/completions"
_OUTCOMES: dict[int, Outcome] = {429: "rate_limited"}
_FAULTS: dict[FaultKind, Outcome] = {
    "reset": "reset",
    "cut": "cut",
    "garbled": "garbled",
    "error_event": "error",
    "hang": "gone",
}


@dataclass(slots=True)
class Visit:
    """A request on its way, as the ledger will enter it."""

    n: int
    request_id: str
    vendor: Vendor
    arrived_at: float
    sample: str | None
    model: str | None = None
    key: CallKey | None = None


class Service:
    """The state of a server: plan, settings, accounts, tries, ledger."""

    def __init__(
        self,
        plan: Mapping[UUID, PlanEntry],
        settings: Settings,
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.time,
        boot: str = "0",
    ) -> None:
        self._plan = dict(plan)
        self._settings = settings
        self.ledger = ledger
        self._clock = clock
        self._boot = boot  # makes request ids of two servers differ
        self._account = Account(settings.limits)
        self._attempts = Attempts()
        self._cache = PromptCache()
        self._ids = itertools.count(1)
        self._batches = BatchService(settings, ledger, self._twin, clock, boot)

    def handle(self, request: HttpRequest) -> Verdict:
        """What becomes of a request."""
        if request.method == "POST":
            if (vendor := _vendor_of(request)) is not None:
                return self._call(vendor, request)
            if request.path == "/_plan":
                return self._add_plan(request)
            if request.path == "/_limits":
                return self._change_limits(request)
            if request.path == "/_reset":
                return self._reset()
        elif request.method == "GET":
            if request.path in {"/v1/models", "/openai/models", "/openai/v1/models"}:
                return self._list_models(request)
            if request.path == "/_ledger":
                newest = request.query.get("rows", "")
                return _plain(200, self.read_ledger(int(newest) if newest.isdecimal() else None))
        if (verdict := self._batches.handle(request)) is not None:
            return verdict
        _, body = _OPENAI.problem(Problem("no_route"), "")
        return _plain(404, body)

    def read_ledger(self, newest: int | None = None) -> Json:
        """What was counted, batches included as they stand now."""
        self._batches.catch_up()
        return self.ledger.to_json(newest)

    def _twin(self, ledger: Ledger, clock: Callable[[], float]) -> Handle:
        """A service with this one's plan that answers the requests of batches, each at the first try."""
        twin = Service({}, without_retryable(self._settings), ledger, clock=clock, boot=f"{self._boot}b")
        twin._plan = self._plan
        return twin.handle

    def _call(self, vendor: Vendor, request: HttpRequest) -> Verdict:
        visit = self._visit(vendor, request)
        try:
            self._check_key(vendor, request.headers)
            body = _json_object(request.body)
            model = self._model(vendor, request, body)
            visit.model = model
            family = family_of(model)
            asked = vendor.read(body, request.headers, model, facts_of(f"simulated/{model}"))
        except Refused as refused:
            return self._problem(visit, refused.problem)
        visit.key = CallKey(model, hash_uuid(list(asked.messages)), visit.sample or "")
        return self._limited(visit, asked, family)

    def _limited(self, visit: Visit, asked: Request, family: Family) -> Verdict:
        denied = self._account.take(asked.model, asked.input_tokens, asked.max_tokens or 0, visit.arrived_at)
        if denied is not None:
            problem = Problem(
                "rate_limited",
                model=asked.model,
                retry_after_s=math.ceil(denied.wait_s * 1000) / 1000,
                limit_kind=denied.kind,
                limit=denied.limit,
            )
            return self._problem(visit, problem)
        assert visit.key is not None
        fault = self._attempts.next_fault(self._settings.seed, visit.key, self._settings.faults)
        fate = decide_fate(visit.key, family, self._settings)
        match fault:
            case "rate_limited":
                wait_s = self._settings.faults.retry_after_s
                return self._problem(visit, Problem(fault, model=asked.model, retry_after_s=wait_s))
            case "server_error" | "overloaded":
                return self._problem(visit, Problem(fault, model=asked.model))
            case "error_event" if not asked.streams:
                return self._problem(visit, Problem("overloaded", model=asked.model))
            case "hang" if not asked.streams:
                return Verdict(b"", 0.0, "hang", ended=self._ending(visit, None, "gone", None))
            case "reset":
                ended = self._ending(visit, None, "reset", None)
                return Verdict(b"", fate.latency_s, "reset", ended=ended)
            case _:
                return self._answer(visit, asked, family, fate, fault)

    def _answer(
        self, visit: Visit, asked: Request, family: Family, fate: Fate, fault: FaultKind | None
    ) -> Verdict:
        settings, key = self._settings, visit.key
        assert key is not None
        known = facts_of(f"simulated/{asked.model}")
        maximum = settings.context_tokens or (known and known.context_tokens) or CONTEXT_TOKENS
        if asked.input_tokens > maximum:
            overflow = Problem(
                "context_overflow", model=asked.model, tokens=asked.input_tokens, maximum=maximum
            )
            return self._problem(visit, overflow)
        if fate.filtered and isinstance(visit.vendor, Azure):
            return self._problem(visit, Problem("content_filter", model=asked.model))
        if asked.marks and settings.caching and not (settings.cached or settings.cache_written):
            begins_at = visit.arrived_at + fate.latency_s
            asked = replace(
                asked, taken=self._cache.take(asked.model, asked.marks, visit.arrived_at, begins_at)
            )
        reply = make_reply(asked, self._plan.get(key.prompt_hash), key, fate, family, settings)
        self._account.spend(asked.model, reply.tokens.output_tokens)
        if asked.streams:
            return self._stream(visit, asked, reply, fate, fault)
        unique = visit.request_id.removeprefix("req_sim")
        body = to_bytes(visit.vendor.reply(asked, reply, unique, visit.arrived_at))
        if fault == "garbled":
            body = body[: len(body) // 2] + b"<html>upstream error</html>"
        payload = to_http(200, body, self._headers(visit, fate.latency_s))
        if fault == "cut":
            at = len(payload) - len(body) + int(len(body) * min(settings.cut_after, 0.999))
            ended = self._ending(visit, 200, "cut", reply.tokens)
            return Verdict(payload[:at], fate.latency_s, "cut", ended=ended)
        outcome: Outcome = _FAULTS[fault] if fault else "answered"
        ended = self._ending(visit, 200, outcome, reply.tokens)
        return Verdict(payload, fate.latency_s, "whole", ended=ended)

    def _stream(
        self, visit: Visit, asked: Request, reply: Reply, fate: Fate, fault: FaultKind | None
    ) -> Verdict:
        unique = visit.request_id.removeprefix("req_sim")
        streamed = visit.vendor.stream(asked, reply, unique, visit.arrived_at)
        error = visit.vendor.stream_error(Problem("overloaded", model=asked.model), visit.request_id)
        begin_s, first, timed = time_stream(
            streamed, reply.tokens.output_tokens, fate.latency_s, fault, error, self._settings
        )
        outcome: Outcome = _FAULTS[fault] if fault else "answered"
        return Verdict(
            to_stream_head(self._headers(visit, begin_s)) + first,
            begin_s,
            "cut" if fault == "cut" else "hang" if fault == "hang" else "whole",
            timed,
            self._ending(visit, 200, outcome, reply.tokens),
        )

    def _problem(self, visit: Visit, problem: Problem) -> Verdict:
        status, body = visit.vendor.problem(problem, visit.request_id)
        headers = self._headers(visit, 0.0)
        if problem.retry_after_s is not None:
            headers += visit.vendor.retry_headers(problem.retry_after_s, exact=problem.limit is None)
        outcome = _OUTCOMES.get(status) or ("error" if status >= 500 else "declined")
        ended = self._ending(visit, status, outcome, None)
        return Verdict(to_http(status, to_bytes(body), headers), ended=ended)

    def _visit(self, vendor: Vendor, request: HttpRequest) -> Visit:
        n = self.ledger.arrive()
        sample = request.headers.get(SAMPLE_HEADER)
        return Visit(n, f"req_sim{self._boot}{next(self._ids):010x}", vendor, self._clock(), sample)

    def _headers(self, visit: Visit, latency_s: float) -> Headers:
        headers = visit.vendor.headers(visit.request_id, round(latency_s * 1000))
        if visit.model is not None:
            levels = self._account.levels(visit.model, visit.arrived_at)
            headers += visit.vendor.limit_headers(levels, visit.arrived_at)
        return headers

    def _ending(
        self, visit: Visit, status: int | None, outcome: Outcome, tokens: Tokens | None
    ) -> Callable[[bool], None]:
        def ended(sent: bool) -> None:
            if sent and visit.key is not None and outcome in {"answered", "declined"}:
                self._attempts.answered(visit.key)
            row = Row(
                n=visit.n,
                request_id=visit.request_id,
                vendor=visit.vendor.name,
                model=visit.model,
                prompt_hash=visit.key.prompt_hash if visit.key else None,
                sample=visit.sample,
                status=status if sent else None,
                outcome=outcome if sent else "gone",
                tokens=tokens,
                arrived_at=visit.arrived_at,
                ended_at=self._clock(),
            )
            self.ledger.enter(row)

        return ended

    def _check_key(self, vendor: Vendor, headers: Mapping[str, str]) -> None:
        key = vendor.key(headers)
        if key is None:
            raise Refused(Problem("auth", "no API key was sent"))
        if key in self._settings.refused_keys:
            raise Refused(Problem("auth"))

    def _model(self, vendor: Vendor, request: HttpRequest, body: Json) -> str:
        """The model that is asked, which must exist."""
        name = body.get("model")
        if (
            request.path.startswith((_DEPLOYMENTS, "/openai/responses"))
            and "api-version" not in request.query
        ):
            raise Refused(Problem("no_route"))
        if request.path.startswith(_DEPLOYMENTS):
            name = request.path.removeprefix(_DEPLOYMENTS).removesuffix(_COMPLETIONS)
        if not isinstance(name, str) or not name:
            words = "model: Field required" if vendor is _ANTHROPIC else "you must provide a model parameter"
            raise bad_request(words, "model")
        if isinstance(vendor, Azure):
            name = self._settings.deployments.get(name, name)
        if self._settings.models and name not in self._settings.models:
            raise Refused(Problem("no_model", model=name))
        return name

    def _list_models(self, request: HttpRequest) -> Verdict:
        vendor: Vendor = _AZURE if request.path.startswith("/openai/") else _OPENAI
        if "anthropic-version" in request.headers or "x-api-key" in request.headers:
            vendor = _ANTHROPIC
        request_id = f"req_sim{self._boot}models"
        headers = vendor.headers(request_id, 0)
        try:
            self._check_key(vendor, request.headers)
        except Refused as refused:
            status, body = vendor.problem(refused.problem, request_id)
            return Verdict(to_http(status, to_bytes(body), headers))
        return Verdict(to_http(200, to_bytes(vendor.models(self._settings.models)), headers))

    def _add_plan(self, request: HttpRequest) -> Verdict:
        try:
            entries = parse_plan(request.body.splitlines(), "/_plan")
        except SpecError as error:
            return _plain(400, {"error": str(error)})
        self._plan.update(entries)
        return _plain(200, {"added": len(entries), "entries": len(self._plan)})

    def _change_limits(self, request: HttpRequest) -> Verdict:
        """Other limits amid the run, as `settings.limits` has them."""
        try:
            changed = make_settings({"limits": _json_object(request.body)}, "/_limits")
        except Refused as refused:
            return _plain(400, {"error": refused.problem.message})
        except SpecError as error:
            return _plain(400, {"error": str(error)})
        self._account.change(changed.limits)
        return _plain(200, {"models": len(changed.limits)})

    def _reset(self) -> Verdict:
        self.ledger.reset()
        self._attempts.clear()
        self._cache.clear()
        self._account.clear()
        self._batches.clear()
        return _plain(200, {"reset": True})


def _vendor_of(request: HttpRequest) -> Vendor | None:
    path = request.path
    if path.startswith(_DEPLOYMENTS) and path.endswith(_COMPLETIONS):
        return _AZURE
    return _CALLS.get(path)


def _json_object(content: bytes) -> Json:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise bad_request("The body of the request is not a JSON object.")
    return body


def _plain(status: int, body: dict[str, Any]) -> Verdict:
    return Verdict(to_http(status, to_bytes(body), []))
