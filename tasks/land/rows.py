"""Rows of the warehouse's tables from the values of a run; names as in design.md, "The warehouse".

Of a sealed suite, ids, categories and clusters are kept; its own text becomes hashes, and what a model or a
server said becomes NULL, since either may quote it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.model import (
    Attempt,
    CalibrationMeasure,
    Call,
    Judged,
    Message,
    Outcome,
    PairVerdict,
    Sample,
    Suite,
    Usage,
)
from tasks.pricing import priced_as

Row = dict[str, object]


def is_simulated(model: str) -> bool:
    """Whether a model's answers come from the loopback server."""
    return model.startswith("simulated/")


def sample_rows(suite: Suite) -> Iterator[Row]:
    """The samples of a suite version, all of them, whatever part a run asks."""
    for sample in suite.samples:
        targets = [sealed_target(sample, target) if suite.sealed else target for target in sample.targets]
        yield {
            "suite": suite.name,
            "suite_version": suite.version,
            "sample_id": sample.sample_id,
            "input": sealed_text(sample.input) if suite.sealed else sample.input,
            "target": sealed_target(sample, sample.target) if suite.sealed else sample.target,
            "targets": targets,
            "category": sample.category,
            "cluster": sample.cluster,
            "scored": sample.scored,
            "metadata": _json(sample.metadata) if sample.metadata and not suite.sealed else None,
        }


def sealed_text(text: str | None) -> str | None:
    """What stands in place of a sealed suite's text: `sha256:` and the hash of it."""
    return None if text is None else _hashed(text)


def sealed_target(sample: Sample, target: str | None) -> str | None:
    """The hash of a target with its sample's whole row: that of a letter alone would be guessed at once."""
    return None if target is None else _hashed(f"{sorted(sample.row.items())!r}\0{target}")


def sealed_messages(messages: Sequence[Message]) -> list[Message]:
    """A conversation with a hash in place of each turn's text."""
    return [Message(role=turn["role"], content=_hashed(turn["content"])) for turn in messages]


def prompt_row(call: Call, *, sealed: bool = False) -> Row:
    """The prompt of a call as it is sent."""
    messages = sealed_messages(call.messages) if sealed else list(call.messages)
    system = sealed_text(call.system) if sealed else call.system
    return {"prompt_hash": call.prompt_hash, "messages": _json(messages), "system": system}


def call_row(run_id: str, call: Call, outcome: Outcome, *, sealed: bool = False) -> Row:
    """A call that has ended."""
    answer = outcome.answer
    said = None if sealed else answer
    return {
        "run_id": run_id,
        "call_key": call.call_key,
        "request_hash": call.request_hash,
        "prompt_hash": call.prompt_hash,
        "suite": call.suite,
        "suite_version": call.suite_version,
        "sample_id": call.sample_id,
        "epoch": call.epoch,
        "role": call.role,
        "variant": call.variant,
        "provider": call.provider,
        "model": call.model,
        "endpoint": outcome.endpoint,
        "params": _json(call.params),
        "served_model": answer.served_model if answer else None,
        "fingerprint": answer.fingerprint if answer else None,
        "mode": outcome.mode,
        "started_at": outcome.started_at,
        "queued_s": outcome.queued_s,
        "latency_s": outcome.latency_s,
        "ttft_s": answer.ttft_s if answer else None,
        "attempts": len(outcome.attempts),
        "status": outcome.status,
        "error_kind": outcome.error_kind,
        "error": None if sealed else outcome.error,
        "stop_reason": answer.stop_reason if answer else None,
        "raw_stop_reason": answer.raw_stop_reason if answer else None,
        "response": said.text if said else None,
        "reasoning": said.reasoning if said else None,
        **_token_columns(answer.usage if answer else None),
        "request_id": answer.request_id if answer else None,
        "reused_from": outcome.reused_from,
        "variant_version": call.variant_version,
        "simulated": is_simulated(call.model),
        "priced_as": priced_as(call, answer.served_model if answer else None),
    }


def attempt_row(run_id: str, call: Call, attempt: Attempt) -> Row:
    """One HTTP try of a call."""
    return {
        "run_id": run_id,
        "call_key": attempt.call_key,
        "n": attempt.n,
        "started_at": attempt.started_at,
        "latency_s": attempt.latency_s,
        "http_status": attempt.http_status,
        "error_kind": attempt.error_kind,
        "outcome": attempt.outcome,
        "reserved_usd": attempt.reserved_usd,
        **_token_columns(attempt.usage),
        "for_suite": call.suite,
        "for_variant": call.variant,
        "for_model": call.model,
    }


def grade_row(
    run_id: str, graded_at: datetime, judged: Judged, *, sealed: bool = False, grading_id: str | None = None
) -> Row:
    """One grade of one call of the run; `grading_id` is the run that graded, where it is another."""
    call, grade = judged.call, judged.grade
    return {
        "run_id": run_id,
        "grading_id": grading_id or run_id,
        "graded_at": graded_at,
        "call_key": call.call_key,
        "suite": call.suite,
        "suite_version": call.suite_version,
        "sample_id": call.sample_id,
        "epoch": call.epoch,
        "variant": call.variant,
        "model": call.model,
        "grader": judged.grader,
        "grader_version": judged.grader_version,
        "is_score": judged.is_score,
        "score": grade.score,
        "passed": grade.passed,
        "answer": None if sealed else grade.answer,
        "reason": grade.reason,
        "explanation": None if sealed else grade.explanation,
        "judge_call_key": judged.judge_call_key,
        "variant_version": call.variant_version,
        "simulated": is_simulated(call.model),
    }


def pair_row(
    run_id: str,
    graded_at: datetime,
    verdict: PairVerdict,
    *,
    sealed: bool = False,
    grading_id: str | None = None,
) -> Row:
    """One verdict on two calls of the run; `grading_id` is the run that judged, where it is another."""
    a, b = verdict.a, verdict.b
    return {
        "run_id": run_id,
        "grading_id": grading_id or run_id,
        "graded_at": graded_at,
        "suite": a.suite,
        "suite_version": a.suite_version,
        "sample_id": a.sample_id,
        "epoch": a.epoch,
        "call_key_a": a.call_key,
        "call_key_b": b.call_key,
        "variant_a": a.variant,
        "variant_b": b.variant,
        "swapped": verdict.swapped,
        "judge_call_key": verdict.judge_call_key,
        "winner": verdict.winner,
        "reason": None if sealed else verdict.reason,
        "simulated": any(map(is_simulated, (a.model, b.model, verdict.judge or ""))),
    }


def calibration_row(run_id: str, judge: str, labels_hash: str, measure: CalibrationMeasure) -> Row:
    """One measure of a judge."""
    return {
        "run_id": run_id,
        "judge": judge,
        "labels_hash": labels_hash,
        "measure": measure.measure,
        "value": measure.value,
        "ci_low": measure.ci_low,
        "ci_high": measure.ci_high,
        "n": measure.n,
    }


def metric_rows(run_id: str, call: Call, figures: Mapping[str, float]) -> Iterator[Row]:
    """The measures of one answer."""
    for metric, value in figures.items():
        yield {
            "run_id": run_id,
            "call_key": call.call_key,
            "suite": call.suite,
            "variant": call.variant,
            "model": call.model,
            "metric": metric,
            "value": value,
            "suite_version": call.suite_version,
            "sample_id": call.sample_id,
            "epoch": call.epoch,
            "variant_version": call.variant_version,
            "simulated": is_simulated(call.model),
        }


def _token_columns(usage: Usage | None) -> Row:
    if usage is None:
        names = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens")
        return dict.fromkeys((*names, "output_tokens", "reasoning_tokens", "tokens_estimated"))
    return {
        "input_tokens": usage.input_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cache_write_1h_tokens": usage.cache_write_1h_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "tokens_estimated": usage.estimated,
    }


def _hashed(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _json(value: object) -> str:
    """JSON text; what JSON has no word for (dates, decimals) becomes a string."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return str(value) if not isinstance(value, Decimal) else format(value, "f")
