"""The tables as plain data: each column's name, kind and, where it is not obvious, meaning.

`schema.py` turns this into Arrow, `catalog.py` into DuckDB; it imports neither, because a cold
`nightbench sql` needs the names and must start within a second.

The columns up to a table's mark `added` are those of design.md in its order. Added are:
`calls.priced_as`, what `runs` were predicted to take, and what each of the `attempts` was for. A later schema
version adds columns at a table's end and names them in `SINCE`, so that files written before are read with
NULL in their place.
"""

from collections.abc import Mapping
from typing import Literal

SCHEMA_VERSION = 4

Kind = Literal[
    "uuid",  # the first 128 bits of a sha256
    "text",  # anything, hostile text included
    "word",  # text that repeats: stored by dictionary
    "texts",  # a list of text
    "json",  # text that is one JSON value
    "time",  # an instant, UTC, to the microsecond
    "date",  # a UTC day
    "small",  # a whole number of 32 bits
    "count",  # a whole number of 64 bits
    "real",  # a ratio, a score, seconds
    "claim",  # true or false
    "usd",  # DECIMAL(18,12), never a float
]

TOKEN_COLUMNS: Mapping[str, Kind] = {
    "input_tokens": "count",
    "cached_input_tokens": "count",
    "cache_write_tokens": "count",
    "cache_write_1h_tokens": "count",
    "output_tokens": "count",
    "reasoning_tokens": "count",
    "tokens_estimated": "claim",
}

COLUMNS: Mapping[str, Mapping[str, Kind]] = {
    "runs": {
        "run_id": "text",
        "kind": "word",
        "status": "word",
        "started_at": "time",
        "finished_at": "time",
        "spec": "json",
        "planned_calls": "count",
        "answered_calls": "count",
        "failed_calls": "count",
        "code_version": "text",
        "flow_run_id": "text",
        "trigger": "word",
        "simulated": "claim",
        # added
        "predicted_usd": "usd",
        "predicted_usd_low": "usd",
        "predicted_usd_high": "usd",
        "predicted_input_tokens": "count",
        "predicted_output_tokens": "count",
        "predicted_minutes": "real",
        "decisions": "json",
    },
    "samples": {
        "suite": "word",
        "suite_version": "word",
        "sample_id": "text",
        "input": "text",
        "target": "text",
        "targets": "texts",
        "category": "word",
        "cluster": "text",
        "scored": "claim",
        "metadata": "json",
    },
    "prompts": {"prompt_hash": "uuid", "messages": "json", "system": "text"},
    "calls": {
        "run_id": "word",
        "call_key": "uuid",
        "request_hash": "uuid",
        "prompt_hash": "uuid",
        "suite": "word",
        "suite_version": "word",
        "sample_id": "text",
        "epoch": "small",
        "role": "word",
        "variant": "word",
        "provider": "word",
        "model": "word",
        "endpoint": "word",
        "params": "json",
        "served_model": "word",
        "fingerprint": "word",
        "mode": "word",
        "started_at": "time",
        "queued_s": "real",
        "latency_s": "real",
        "ttft_s": "real",
        "attempts": "small",
        "status": "word",
        "error_kind": "word",
        "error": "text",
        "stop_reason": "word",
        "raw_stop_reason": "word",
        "response": "text",
        "reasoning": "text",
        **TOKEN_COLUMNS,
        "request_id": "text",
        "reused_from": "text",
        "variant_version": "word",
        "simulated": "claim",
        # added
        "priced_as": "word",
    },
    "attempts": {
        "run_id": "word",
        "call_key": "uuid",
        "n": "small",
        "started_at": "time",
        "latency_s": "real",
        "http_status": "small",
        "error_kind": "word",
        "outcome": "word",
        "reserved_usd": "usd",
        **TOKEN_COLUMNS,
        # added, under names that a join with `calls` does not make ambiguous
        "for_suite": "word",
        "for_variant": "word",
        "for_model": "word",
    },
    "grades": {
        "run_id": "word",
        "grading_id": "word",
        "graded_at": "time",
        "call_key": "uuid",
        "suite": "word",
        "suite_version": "word",
        "sample_id": "text",
        "epoch": "small",
        "variant": "word",
        "model": "word",
        "grader": "word",
        "grader_version": "word",
        "is_score": "claim",
        "score": "real",
        "passed": "claim",
        "answer": "text",
        "reason": "word",
        "explanation": "text",
        "judge_call_key": "uuid",
        "variant_version": "word",
        "simulated": "claim",
    },
    "pairs": {
        "run_id": "word",
        "grading_id": "word",
        "graded_at": "time",
        "suite": "word",
        "suite_version": "word",
        "sample_id": "text",
        "epoch": "small",
        "call_key_a": "uuid",
        "call_key_b": "uuid",
        "variant_a": "word",
        "variant_b": "word",
        "swapped": "claim",
        "judge_call_key": "uuid",
        "winner": "word",
        "reason": "text",
        "simulated": "claim",
    },
    "calibrations": {
        "run_id": "word",
        "judge": "word",
        "labels_hash": "text",
        "measure": "word",
        "value": "real",
        "ci_low": "real",
        "ci_high": "real",
        "n": "count",
    },
    "metrics": {
        "run_id": "word",
        "call_key": "uuid",
        "suite": "word",
        "variant": "word",
        "model": "word",
        "metric": "word",
        "value": "real",
        # added
        "suite_version": "word",
        "sample_id": "text",
        "epoch": "small",
        "variant_version": "word",
        "simulated": "claim",
    },
    "prices": {
        "provider": "word",
        "model": "word",
        "mode": "word",
        "token_kind": "word",
        "from_input_tokens": "count",
        "usd_per_mtok": "usd",
        "valid_from": "date",
        "valid_to": "date",
        "source": "text",
    },
    "claims": {
        "model": "word",
        "benchmark": "word",
        "suite": "word",
        "score": "real",
        "prompt_style": "text",
        "comparable": "claim",
        "note": "text",
        "source": "text",
        "published": "date",
    },
}

IN_CATALOG = ("prices", "claims")  # data of ours, which the catalog holds itself: no run has files of them

SINCE: Mapping[tuple[str, str], int] = {  # (table, column) -> the schema version that brought it
    ("runs", "predicted_usd"): 2,
    ("runs", "predicted_usd_low"): 2,
    ("runs", "predicted_usd_high"): 2,
    ("runs", "predicted_input_tokens"): 2,
    ("runs", "predicted_output_tokens"): 2,
    ("runs", "predicted_minutes"): 2,
    ("runs", "decisions"): 4,
    ("attempts", "for_suite"): 3,
    ("attempts", "for_variant"): 3,
    ("attempts", "for_model"): 3,
    ("metrics", "suite_version"): 3,
    ("metrics", "sample_id"): 3,
    ("metrics", "epoch"): 3,
    ("metrics", "variant_version"): 3,
    ("metrics", "simulated"): 3,
}

SHARED = ("samples", "prompts")  # outside the run folders, named by the sha256 of their content

KEYS: Mapping[str, tuple[str, ...]] = {  # what makes a row of a shared table one and the same
    "samples": ("suite", "suite_version", "sample_id"),
    "prompts": ("prompt_hash",),
}

MEANINGS: Mapping[str, str] = {
    "runs": "One row a run.",
    "runs.spec": "The spec as it was run, JSON.",
    "runs.kind": "evaluate, import, regrade, rehearsal, calibrate or ask.",
    "runs.status": "complete, partial, budget_stopped, cancelled or failed.",
    "runs.predicted_usd": "What the run was expected to cost when it began; NULL: not known.",
    "runs.predicted_usd_low": "The cost was expected to be at least that, in 95 of 100 runs.",
    "runs.predicted_usd_high": "The cost was expected to be at most that, in 95 of 100 runs.",
    "runs.predicted_input_tokens": "Tokens that were expected to be sent, those of a cache among them.",
    "runs.predicted_output_tokens": "Tokens that were expected to be received.",
    "runs.predicted_minutes": "Minutes that the calls were expected to take under the limits.",
    "runs.simulated": "At least one model of the run was simulated; calls.simulated says which.",
    "samples": "One row a sample of a suite version.",
    "samples.scored": "False: asked, but left out of accuracy.",
    "samples.cluster": "Samples of one cluster are not independent.",
    "prompts": "One row a distinct prompt as it was sent.",
    "calls": "One row a call that was answered or finally failed; (run_id, call_key) is unique.",
    "calls.call_key": "What was asked and why: suite, sample, epoch, role, variant, model, params, messages.",
    "calls.request_hash": "What was sent: model, params (but for stream), messages.",
    "calls.queued_s": "Seconds spent waiting for the limiter.",
    "calls.latency_s": "Seconds of the last attempt, without queued_s.",
    "calls.ttft_s": "Seconds to the first token of text or thinking; NULL where the call was not streamed.",
    "calls.attempts": "HTTP tries; 0 where nothing was sent (imported or reused outputs).",
    "calls.input_tokens": "Tokens sent that were neither read from a cache nor written to one.",
    "calls.output_tokens": "Tokens received, reasoning_tokens among them.",
    "calls.priced_as": "The model whose price applies; NULL: no price, and usd is NULL.",
    "attempts": "One row a try of a call; (run_id, call_key, n) is unique.",
    "attempts.outcome": "answered, failed, or unseen: its end is unknown and it may have been billed.",
    "grades": "One row a grade; run_id is the graded call's, grading_id the run's that graded.",
    "grades.is_score": "This grader is the suite's score.",
    "pairs": "One row a pairwise verdict in one order; a verdict that failed has none.",
    "pairs.variant_a": "Whose answer is call_key_a: the same in both orders of a pair.",
    "pairs.swapped": "The answer of variant_b was shown first.",
    "pairs.winner": "a, b or tie: of variant_a and variant_b, wherever they stood.",
    "pairs.judge_call_key": "The judge's own call: calls.run_id is then grading_id.",
    "calibrations": "One row a measure of a judge against labels of persons; run_id is the calibration's.",
    "calibrations.judge": "The judge's model, provider/name.",
    "calibrations.labels_hash": "Of the labels and what they are of, whatever the judge said.",
    "calibrations.measure": "accuracy, consistency, kappa, position_bias, ...: docs/judges.md.",
    "calibrations.value": "NULL: cannot be told of these labels.",
    "calibrations.ci_low": "Lower end of the 95 % interval.",
    "calibrations.ci_high": "Upper end of the 95 % interval.",
    "calibrations.n": "Labels that the value stands on.",
    "metrics": "One row a measure of a response that is no score.",
    "claims": "One row a published score of a model; claims.toml in the home adds some.",
    "claims.suite": "The suite of ours that comes nearest; NULL: none.",
    "claims.score": "A share, 0 to 1.",
    "claims.comparable": "Whether a score on the suite may be held against it; note says why not.",
    "prices": "One row a price in force, for valid_from <= day < valid_to (UTC).",
    "prices.from_input_tokens": "Applies to calls whose whole input has at least so many tokens.",
    "prices.valid_to": "NULL: still in force.",
}


def since(table: str, column: str) -> int:
    """The schema version that brought a column."""
    return SINCE.get((table, column), 1)
