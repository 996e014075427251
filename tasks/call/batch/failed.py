"""What a batch that failed as a whole (OpenAI's, Azure's `failed`) means: nothing of it was worked on."""

from dataclasses import dataclass

from tasks.call.batch.provider import BatchStatus, Flaw
from tasks.call.faults import REMEDIES, ErrorBody, kind_of
from warehouse.errors import Fault, Unusable

FULL_CODES = {"token_limit_exceeded", "rate_limit_exceeded", "too_many_batches", "quota_exceeded"}
TOO_LARGE_CODES = {"too_many_tasks", "file_too_large", "too_many_requests"}


@dataclass(frozen=True)
class Verdict:
    """What follows: wait for the queue, send less at once, fail some calls, or stop the run."""

    fault: Fault  # of each of its calls
    full: bool = False
    too_large: bool = False
    lines: tuple[tuple[int, Fault], ...] = ()  # the calls that spoiled it, from 1
    fatal: Unusable | None = None


def verdict_on(status: BatchStatus, host: str, *, sealed: bool = False) -> Verdict:
    """What the flaws of a failed batch mean; of a sealed suite without the provider's words."""
    codes = {flaw.code for flaw in status.flaws}
    flaw = status.flaws[0] if status.flaws else Flaw("", "the provider gives no reason")
    if codes & (FULL_CODES | TOO_LARGE_CODES):
        fault = _fault("rate_limited", flaw, status, host, sealed=sealed)
        return Verdict(fault, full=bool(codes & FULL_CODES), too_large=bool(codes & TOO_LARGE_CODES))
    kind = kind_of(400, ErrorBody(frozenset({flaw.code}), flaw.message))
    fault = _fault(kind, flaw, status, host, sealed=sealed)
    lines = tuple(
        (flaw.line, _fault("bad_request", flaw, status, host, sealed=sealed))
        for flaw in status.flaws
        if flaw.line is not None
    )
    return Verdict(fault, lines=lines, fatal=None if lines else Unusable(fault))


def _fault(kind: str, flaw: Flaw, status: BatchStatus, host: str, *, sealed: bool) -> Fault:
    words = "its words are left out, because a sealed suite was asked" if sealed else flaw.message
    remedy = REMEDIES.get(kind, "")
    code = flaw.code or "no code"
    return Fault(kind, f"{host}: batch {status.id} failed ({code}): {words}. {remedy}".strip())
