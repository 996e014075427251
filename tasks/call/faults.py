"""What an error response means: ours to retry, this sample's, the whole provider's, or an answer after all.

The vendors' codes are read first and their prose last, because prose changes. A prompt beyond the model's
context and a content filter's refusal are answers: a user of the model would get the same.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.call.rate_headers import parse_rate_headers, retry_after_s, server_now
from tasks.model import Answer
from warehouse.errors import Fault, ProviderError, Rejected, Transient, Unusable

LONGEST_MESSAGE = 500
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
KEY_LIKE = re.compile(r"\b(sk|pk|xai|gsk|key)-[A-Za-z0-9_*\-]{6,}")

CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error"}
CONTEXT_WORDS = re.compile(
    r"prompt is too long|input is too long|maximum context length|context length exceeded|"
    r"exceeds? (the |your |its )?(available |model'?s? )?context (size|length|window|limit)|"
    r"longer than the (model's )?maximum (context|model) length",
    re.IGNORECASE,
)
BOUND_TOO_LARGE = re.compile(
    r"max_(?:completion_)?tokens\D{0,40}too large: (\d{1,12})\D{1,60}maximum context length is (\d{1,12})"
)
FILTER_CODES = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
FILTER_CODES |= {"bio_policy", "misalignment_policy_violation"}  # of a Response that has failed
FILTER_WORDS = re.compile(
    r"content management policy|content filtering policy|flagged as potentially violating", re.IGNORECASE
)
CREDIT_CODES = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "linked_organization_spend_limit_reached",
    "linked_organization_billing_unavailable",
    "user_profile_not_billable",
    "user_profile_billing_not_authorized",
}
CREDIT_WORDS = re.compile(r"credit balance is too low|reached your specified api usage limits", re.IGNORECASE)
MODEL_CODES = {"model_not_found", "DeploymentNotFound", "invalid_model", "OperationNotSupported"}
AUTH_CODES = {"invalid_api_key", "authentication_error", "permission_error", "organization_on_hold"}
TOO_LARGE_FOR_LIMIT = re.compile(r"^request too large for ", re.IGNORECASE)

# a status for bodies that are errors although they came with 200
STATUS_OF_TYPE: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
    "context_length_exceeded": 400,
    "exceed_context_size_error": 400,
    "content_filter": 400,
    "bio_policy": 400,
    "misalignment_policy_violation": 400,
    "invalid_prompt": 400,
    "data_residency_mismatch": 400,
    "model_not_found": 404,
}
REMEDIES: Mapping[str, str] = {
    "auth": "Check the key and what it may do.",
    "no_model": "Check the model's name and the base_url; `nightbench models` lists names.",
    "no_credit": "Add credit or raise the limit with the vendor, then `nightbench resume`.",
}
REDIRECTED = "It points elsewhere, and a key goes only to the address it was given for: mend the base_url."


@dataclass(frozen=True)
class Received:
    """A response as it came: status, headers by lower-case name, body; the key is already out of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes  # of a stream: as it would have come without one
    ttft_s: float | None = None  # only of a stream

    def json(self) -> object:
        """The body's value; None where it is not JSON.

        An answer is not lost for a bad character: broken UTF-8 is replaced, and so are halves of surrogate
        pairs, which JSON's escapes can hold and stored text cannot.
        """
        try:
            value: object = json.loads(self.body.decode("utf-8", "replace"))
            if SURROGATE.search(self.body):
                text = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
                value = json.loads(text.decode("utf-16", "replace"))
        except (ValueError, RecursionError):
            return None
        return value


@dataclass(frozen=True)
class ErrorBody:
    """What an error's body says: the words that name the cause, and its prose."""

    words: frozenset[str]  # types and codes
    message: str


def answer_or_raise(received: Received, body: object, host: str, request_id: str | None) -> Answer:
    """The answer that an error response amounts to.

    Raises: Transient, Rejected, Unusable: it is none.
    """
    now = server_now(received.headers, datetime.now(UTC))
    error = read_error(body, received.body)
    status = _status(received.status, error, body)
    kind = kind_of(status, error)
    if kind in {"context_overflow", "content_filter"}:
        return Answer(
            text=None,
            stop_reason="content_filter" if kind == "content_filter" else "other",
            raw_stop_reason=None,
            usage=None,
            request_id=request_id,
            error_kind=kind,
            error=error.message,
        )
    wait_s = retry_after_s(received.headers, now)
    if wait_s is None and kind == "rate_limited":
        limits = parse_rate_headers(received.headers, now)
        wait_s = limits.exhausted_for_s() if limits else None
    remedy = REDIRECTED if 300 <= status < 400 else REMEDIES.get(kind, "")
    fault = Fault(
        kind=kind,
        message=f"{host} answered {received.status}: {error.message or 'no text'} {remedy}".strip(),
        http_status=received.status,
        retry_after_s=wait_s,
        request_id=request_id,
    )
    raise _error_class(kind, status, error)(fault)


def bad_body(received: Received, host: str, what: str, request_id: str | None) -> Transient:
    """The error for a success whose body is not what the API promises."""
    start = clean(received.body[:200].decode("utf-8", "replace"))
    return Transient(
        Fault(
            kind="bad_body",
            message=f"{host} answered {received.status} with {what}: {start!r}",
            http_status=received.status,
            request_id=request_id,
        )
    )


def kind_of(status: int, error: ErrorBody) -> str:
    """The word of `calls.error_kind` for an error response."""
    words, text = error.words, error.message
    if words & CONTEXT_CODES or (status in {400, 413, 422, 500} and CONTEXT_WORDS.search(text)):
        return "bad_request" if _bound_alone_too_large(text) else "context_overflow"
    if status < 500 and (words & FILTER_CODES or FILTER_WORDS.search(text)):
        return "content_filter"
    if words & CREDIT_CODES or status == 402 or (status < 500 and CREDIT_WORDS.search(text)):
        return "no_credit"
    if status < 500 and words & MODEL_CODES:
        return "no_model"
    if status in {401, 403} or (status < 500 and words & AUTH_CODES):
        return "auth"
    if status == 404:
        return "no_model"
    if status == 429:
        return "rate_limited"
    if status in {408, 504}:
        return "timeout"
    return "server_error" if status >= 500 or status in {409, 425} else "bad_request"


def read_error(body: object, raw: bytes = b"") -> ErrorBody:
    """The error in a body of any shape that servers are known to send; else the start of its text."""
    error = _error_of(body)
    if error is None:
        return ErrorBody(frozenset(), clean(raw[:2000].decode("utf-8", "replace")))
    if not isinstance(error, Mapping):
        return ErrorBody(frozenset(), clean(str(error)))
    words = [error.get("type"), error.get("code")]
    for name, field in (("innererror", "code"), ("inner_error", "code"), ("details", "error_code")):
        inner = error.get(name)
        words.append(inner.get(field) if isinstance(inner, Mapping) else None)
    message = error.get("message") or error.get("detail") or ""
    return ErrorBody(frozenset(word for word in words if isinstance(word, str)), clean(str(message)))


def is_error_body(body: object) -> bool:
    """Whether a body that came with 200 is an error all the same."""
    return isinstance(body, Mapping) and (
        bool(body.get("error")) or body.get("type") == "error" or body.get("object") == "error"
    )


def clean(text: str) -> str:
    """Others' text for our messages: one line, bounded, and without what looks like a key."""
    return KEY_LIKE.sub(r"\1-...", " ".join(text[:4000].split()))[:LONGEST_MESSAGE]


def _error_of(body: object) -> object:
    """The error in a body, which may be its own; None where the body is no object."""
    if isinstance(body, list) and body:
        body = body[0]
    return body.get("error") or body if isinstance(body, Mapping) else None


def _status(status: int, error: ErrorBody, body: object) -> int:
    """The status that counts: a 200 with an error in it has the error's own."""
    if status >= 300:
        return status
    error_of = _error_of(body)
    code = error_of.get("code") if isinstance(error_of, Mapping) else None
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
        code = int(code)
    if isinstance(code, int) and 400 <= code <= 599:
        return code
    return next((STATUS_OF_TYPE[word] for word in sorted(error.words) if word in STATUS_OF_TYPE), 500)


def _error_class(kind: str, status: int, error: ErrorBody) -> type[ProviderError]:
    if kind in REMEDIES or 300 <= status < 400:
        return Unusable
    if kind == "bad_request" or (kind == "rate_limited" and TOO_LARGE_FOR_LIMIT.search(error.message)):
        return Rejected
    return Transient


def _bound_alone_too_large(text: str) -> bool:
    """Whether it is our max_tokens that no prompt could be short enough for."""
    match = BOUND_TOO_LARGE.search(text)
    return match is not None and int(match[1]) >= int(match[2])
