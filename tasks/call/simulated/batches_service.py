"""One HTTP request for files or batches in, one verdict out: keys, faults, and the vendor's own words.

The order is: key, fault, deed, fault. A fault before the deed leaves nothing done; a creation that is lost,
failed or cut is done, and its creator does not know.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from tasks.call.simulated import batches_anthropic as messages
from tasks.call.simulated import batches_openai as openai
from tasks.call.simulated.batches_account import BatchAccount
from tasks.call.simulated.batches_answers import Answers, Handle
from tasks.call.simulated.batches_routes import Route, route_of
from tasks.call.simulated.batches_state import OVER, Batch
from tasks.call.simulated.connection import HttpRequest, Verdict, to_http
from tasks.call.simulated.draws import share, shares
from tasks.call.simulated.ledger import BatchRow, Ledger, Outcome
from tasks.call.simulated.settings import FaultKind, Settings
from tasks.call.simulated.wire import Headers, Json, Problem, Refused, bad_request, to_bytes

JSONL = "application/x-jsonl"
_GARBLED = b"<html>upstream error</html>"


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done, as it is answered."""

    body: bytes
    status: int = 200
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    row: BatchRow | None = None  # of a batch that was created
    fault: FaultKind | None = None  # that befalls the answer


class BatchService:
    """Serves what `route_of` knows; `make` starts the service that answers the requests of batches."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        make: Callable[[Ledger, Callable[[], float]], Handle],
        clock: Callable[[], float],
        boot: str,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._clock = clock
        self._boot = boot
        self._account = BatchAccount(settings, Answers(make, ledger), ledger, boot)
        self._ids = itertools.count(1)
        self._tries: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()

    def handle(self, request: HttpRequest) -> Verdict | None:
        """What becomes of a request; None where it is about neither files nor batches."""
        route = route_of(request)
        if route is None:
            return None
        now = self._clock()
        request_id = f"req_sim{self._boot}b{next(self._ids):09x}"
        self._ledger.batch_requests[route.what] += 1
        headers = route.vendor.headers(request_id, 0)
        try:
            self._check(route, request)
            fault = self._fault(f"{request.method} {request.path.replace(self._boot, '')}")
            if fault == "reset":
                return Verdict(b"", ending="reset")
            if fault in {"rate_limited", "server_error", "overloaded"}:
                wait_s = self._settings.batch.faults.retry_after_s if fault == "rate_limited" else None
                raise Refused(Problem(fault, retry_after_s=wait_s))
            deed = self._do(route, request, now)
        except Refused as refused:
            return self._refusal(route, refused.problem, request_id, headers)
        if deed.fault is None:
            deed = replace(deed, fault=fault)
        return self._verdict(route, deed, request_id, headers)

    def catch_up(self) -> None:
        """Let every batch come to where it stands now."""
        self._account.catch_up(self._clock())

    def clear(self) -> None:
        """Forget batches, files and tries."""
        self._account.clear()
        self._tries.clear()
        self._in_a_row.clear()

    def _check(self, route: Route, request: HttpRequest) -> None:
        key = route.vendor.key(request.headers)
        if key is None:
            raise Refused(Problem("auth", "no API key was sent"))
        if key in self._settings.refused_keys:
            raise Refused(Problem("auth"))
        if route.needs_version and "api-version" not in request.query:
            raise Refused(Problem("no_route"))

    def _do(self, route: Route, request: HttpRequest, now: float) -> Deed:
        account, vendor, repeats = self._account, route.vendor.name, self._settings.batch.repeated_pages
        account.catch_up(now)
        base_url = f"http://{request.headers.get('host', '127.0.0.1')}"
        if route.what in {"upload", "files", "file", "content", "delete_file"}:
            return self._do_file(route, request, now)
        if route.what == "create":
            return self._create(route, request, now, base_url)
        if route.what == "list":
            batches = account.all_of(vendor)
            if vendor == "anthropic":
                return _json(messages.list_json(batches, request.query, now, base_url, repeats=repeats))
            return _json(openai.list_json(batches, request.query, now, repeats=repeats))
        batch = account.find(route.object_id, vendor, now)
        match route.what:
            case "results":
                if batch.phase(now) not in OVER:
                    raise Refused(Problem("no_route", "The batch has no results before it has ended."))
                return Deed(messages.results_jsonl(batch), kind=JSONL)
            case "delete":
                account.delete(batch, now)
                return _json({"id": batch.batch_id, "type": "message_batch_deleted"})
            case "cancel":
                account.cancel(batch, now)
                account.catch_up(now)
        if vendor == "anthropic":
            return _json(messages.batch_json(batch, now, base_url))
        return _json(openai.batch_json(batch, now))

    def _do_file(self, route: Route, request: HttpRequest, now: float) -> Deed:
        files, vendor = self._account.files, route.vendor.name
        if route.what == "upload":
            file = self._account.upload(vendor, request, now)
            return _json(file.to_json(now), status=201 if vendor == "azure" else 200)
        if route.what == "files":
            return _json(files.list_json(vendor, request.query, now))
        file = files.find(route.object_id, vendor)
        match route.what:
            case "content":
                return Deed(file.content, kind="application/octet-stream")
            case "delete_file":
                del files.by_id[file.file_id]
                return _json({"id": file.file_id, "object": "file", "deleted": True})
            case _:
                return _json(file.to_json(now))

    def _create(self, route: Route, request: HttpRequest, now: float, base_url: str) -> Deed:
        if route.vendor.name == "anthropic":
            if len(request.body) > (self._settings.batch.max_bytes or messages.MAX_BYTES):
                raise Refused(Problem("too_large"))
            batch = self._account.create_messages(request, _object(request.body), now)
            answer = messages.batch_json(batch, now, base_url)
        else:
            batch = self._account.create_from_file(route.vendor.name, _object(request.body), now)
            answer = openai.batch_json(batch, now)
        return replace(_json(answer), row=batch.row, fault=self._creation_fault(batch))

    def _creation_fault(self, batch: Batch) -> FaultKind | None:
        """What befalls the answer to a creation that is done."""
        settings = self._settings.batch
        if batch.times >= settings.faults.max_in_a_row:
            return None
        lost, failed, cut, *_ = shares(self._settings.seed, "creation", batch.digest, batch.times)
        if lost < settings.lost_creations:
            return "reset"
        if failed < settings.failed_creations:
            return "server_error"
        return "cut" if cut < settings.cut_creations else None

    def _fault(self, key: str) -> FaultKind | None:
        faults = self._settings.batch.faults
        if not faults.any_retryable:
            return None
        self._tries[key] += 1
        rest = share(self._settings.seed, "batch fault", key, self._tries[key])
        if self._in_a_row[key] < faults.max_in_a_row:
            for kind, rate in faults.retryable:
                rest -= rate
                if rest < 0:
                    self._in_a_row[key] += 1
                    return kind
        self._in_a_row[key] = 0
        return None

    def _verdict(self, route: Route, deed: Deed, request_id: str, headers: Headers) -> Verdict:
        delay_s = self._settings.batch.upload_s if route.what in {"upload", "create"} else 0.0
        body = deed.body
        match deed.fault:
            case "reset":
                return Verdict(b"", delay_s, "reset", ended=_told(deed, "reset"))
            case "server_error":
                status, problem = route.vendor.problem(Problem("server_error"), request_id)
                return Verdict(
                    to_http(status, to_bytes(problem), headers), delay_s, ended=_told(deed, "error")
                )
            case "garbled":
                body = body[: len(body) // 2] + _GARBLED
        payload = to_http(deed.status, body, headers + list(deed.headers), deed.kind)
        if deed.fault == "cut":
            at = len(payload) - len(body) + int(len(body) * min(self._settings.cut_after, 0.999))
            return Verdict(payload[:at], delay_s, "cut", ended=_told(deed, "cut"))
        return Verdict(payload, delay_s, ended=_told(deed, "garbled" if deed.fault else "answered"))

    def _refusal(self, route: Route, problem: Problem, request_id: str, headers: Headers) -> Verdict:
        status, body = route.vendor.problem(problem, request_id)
        if problem.retry_after_s is not None:
            headers = headers + route.vendor.retry_headers(problem.retry_after_s, exact=True)
        return Verdict(to_http(status, to_bytes(body), headers))


def _told(deed: Deed, outcome: Outcome) -> Callable[[bool], None]:
    def ended(sent: bool) -> None:
        if deed.row is not None:
            deed.row.told = outcome if sent else "gone"

    return ended


def _json(body: Json, status: int = 200) -> Deed:
    return Deed(to_bytes(body), status)


def _object(content: bytes) -> Json:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise bad_request("The body of the request is not a JSON object.")
    return body
