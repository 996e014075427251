"""The files and batches of the simulated account, and what their owner can do with them.

All batches of a vendor belong to one account, whatever the key: who lists them sees everybody's. They live in
memory until the server ends or is reset.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from tasks.call.simulated import batches_anthropic as messages
from tasks.call.simulated import batches_openai as openai
from tasks.call.simulated.batches_answers import Answers
from tasks.call.simulated.batches_files import MONTH_S, File, Files, read_upload
from tasks.call.simulated.batches_routes import VENDORS
from tasks.call.simulated.batches_state import OVER, Batch, Item, Result, advance, decide_batch, plan_course
from tasks.call.simulated.connection import HttpRequest
from tasks.call.simulated.ledger import BatchRow, Ledger
from tasks.call.simulated.settings import Settings
from tasks.call.simulated.wire import Json, Problem, Refused, bad_request

_KEPT_HEADERS = ("anthropic-version", "anthropic-beta")
_PREFIXES = {"anthropic": "msgbatch_", "openai": "batch_", "azure": "batch_"}
_PATHS = {
    ("openai", "/v1/chat/completions"): "/v1/chat/completions",
    ("openai", "/v1/responses"): "/v1/responses",
    ("azure", "/v1/chat/completions"): "/openai/v1/chat/completions",
    ("azure", "/v1/responses"): "/openai/v1/responses",
}


class BatchAccount:
    """Everything that was uploaded and created."""

    def __init__(self, settings: Settings, answers: Answers, ledger: Ledger, boot: str) -> None:
        self._settings = settings
        self._answers = answers
        self._ledger = ledger
        self._boot = boot
        self._ids = itertools.count(1)
        self._created: Counter[str] = Counter()  # batches, by their content
        self._accepted: Counter[str] = Counter()  # requests, by their custom id
        self._batches: dict[str, Batch] = {}  # in the order of their creation
        self.files = Files()

    def upload(self, vendor: str, request: HttpRequest, now: float) -> File:
        """Keep a file.

        Raises: Refused: it is no input of a batch.
        """
        settings = self._settings.batch
        kind = request.headers.get("content-type", "")
        filename, content, life_s = read_upload(request.body, kind, settings.max_bytes or openai.MAX_BYTES)
        ready_at = now + (settings.pending_s if vendor == "azure" else 0.0)
        expires_at = now + (life_s or MONTH_S) if life_s or vendor == "openai" else None
        file = File(self._id("file-"), vendor, content, filename, "batch", now, ready_at, expires_at)
        self.files.by_id[file.file_id] = file
        return file

    def create_messages(self, request: HttpRequest, body: Json, now: float) -> Batch:
        """A batch of messages.

        Raises: Refused: it is none.
        """
        settings = self._settings.batch
        if "anthropic-version" not in request.headers:
            raise bad_request("anthropic-version: header is required")
        items = messages.read_requests(body, settings.max_requests or messages.MAX_REQUESTS)
        headers = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
        return self._create("anthropic", request.body, items, now, path="/v1/messages", headers=headers)

    def create_from_file(self, vendor: str, body: Json, now: float) -> Batch:
        """A batch of the requests in a file.

        Raises: Refused: there is no such file, or the rest is not what it must be.
        """
        settings = self._settings.batch
        endpoint, life_s = openai.check_creation(body, vendor)
        file = self.files.find(body["input_file_id"], vendor)
        if file.purpose != "batch":
            raise bad_request("The input file must have the purpose 'batch'.", "input_file_id")
        if now < file.ready_at:
            raise bad_request(f"The file {file.file_id} is not processed yet: its status is pending.")
        most = settings.max_requests or openai.MAX_REQUESTS[vendor]
        items, errors, model = openai.read_lines(file.content, endpoint, vendor, most)
        known = self._settings.models
        served = self._settings.deployments.get(model or "", model)
        if not errors and known and served not in known:
            errors = [openai.wrong("model_not_found", f"There is no model '{model}' for batches.", None)]
        batch = self._create(vendor, file.content, items, now, path=_PATHS[vendor, endpoint], errors=errors)
        batch.endpoint = str(body["endpoint"])
        batch.input_file_id = file.file_id
        batch.output_life_s = life_s
        batch.model = model
        batch.metadata = batch.row.metadata = body.get("metadata")
        return batch

    def find(self, batch_id: str, vendor: str, now: float) -> Batch:
        """The batch.

        Raises: Refused: the vendor knows none with this id, or none any more.
        """
        batch = self._batches.get(batch_id)
        if batch is None or batch.vendor != vendor or batch.is_gone(now):
            words = "" if vendor == "anthropic" else f"No batch found with id '{batch_id}'."
            raise Refused(Problem("no_route", words))
        return batch

    def all_of(self, vendor: str) -> list[Batch]:
        """All there were, in the order of their creation."""
        return [batch for batch in self._batches.values() if batch.vendor == vendor]

    def cancel(self, batch: Batch, now: float) -> None:
        """Stop it where it stands; one that was canceled stays so.

        Raises: Refused: it is over.
        """
        phase = batch.phase(now)
        if phase in {"canceling", "canceled"}:
            return
        if phase in OVER:
            raise Refused(Problem("conflict", f"Cannot cancel a batch with status '{batch.row.status}'."))
        batch.cancel_at = now

    def delete(self, batch: Batch, now: float) -> None:
        """Forget it.

        Raises: Refused: it is not over.
        """
        if batch.phase(now) not in OVER:
            raise Refused(
                Problem("conflict", "A batch that is in progress cannot be deleted; cancel it first.")
            )
        batch.deleted = True

    def catch_up(self, now: float) -> None:
        """Let every batch come to where it stands at this time."""
        for batch in self._batches.values():
            if advance(batch, now, self._process):
                for place, item in enumerate(batch.items):
                    if item.result and item.result.kind in {"canceled", "expired"}:
                        self._answers.skip(batch, place, item.result)
                        item.body = b""
                if batch.vendor != "anthropic" and not batch.fate.no_files:
                    self._write_files(batch)
            batch.row.status = "gone" if batch.is_gone(now) else batch.phase(now)

    def clear(self) -> None:
        """Forget all."""
        self._batches.clear()
        self._created.clear()
        self._accepted.clear()
        self.files.by_id.clear()

    def _create(
        self,
        vendor: str,
        content: bytes,
        items: list[Item],
        now: float,
        *,
        path: str,
        headers: Mapping[str, str] | None = None,
        errors: list[Json] | None = None,
    ) -> Batch:
        digest = hashlib.sha256(content).hexdigest()
        times = self._created[digest]
        self._created[digest] += 1
        fate = decide_batch(self._settings.seed, digest, times, self._settings.batch)
        errors = list(errors or ())
        if fate.failed and vendor != "anthropic" and not errors:
            errors = [openai.wrong("token_limit_exceeded", openai.TOO_MANY_TOKENS, None)]
        if errors:
            items = []
        for item in items:
            item.times = self._accepted[item.custom_id]
            self._accepted[item.custom_id] += 1
        batch_id = self._id(_PREFIXES[vendor])
        row = BatchRow(batch_id, vendor, now, [item.custom_id for item in items])
        batch = Batch(
            batch_id=batch_id,
            vendor=vendor,
            path=path,
            created_at=now,
            items=items,
            settings=self._settings.batch,
            fate=fate,
            row=row,
            seed=self._settings.seed,
            digest=digest,
            times=times,
            headers=headers or {},
            errors=errors,
        )
        plan_course(batch)
        self._batches[batch_id] = batch
        self._ledger.batches.append(row)
        return batch

    def _process(self, batch: Batch, place: int, when: float, fails: bool) -> Result:
        return self._answers.answer(batch, place, when, VENDORS[batch.vendor], fails=fails)

    def _write_files(self, batch: Batch) -> None:
        output, errors = openai.output_jsonl(batch)
        if output:
            batch.output_file_id = self._write(batch, output, "output")
        if errors or batch.vendor == "azure":
            batch.error_file_id = self._write(batch, errors, "error")
        for item in batch.items:
            assert item.result is not None
            item.result = replace(item.result, body=b"")  # it is in the file now

    def _write(self, batch: Batch, content: bytes, what: str) -> str:
        at = batch.ends_at
        name = f"{batch.batch_id}_{what}.jsonl"
        expires_at = at + batch.output_life_s if batch.output_life_s else None
        file = File(self._id("file-"), batch.vendor, content, name, "batch_output", at, at, expires_at)
        self.files.by_id[file.file_id] = file
        return file.file_id

    def _id(self, prefix: str) -> str:
        return f"{prefix}sim{self._boot}{next(self._ids):08x}"
