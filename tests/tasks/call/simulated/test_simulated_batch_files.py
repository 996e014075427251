"""Uploads are multipart forms: whatever bytes a file has, they arrive; what is no form is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.simulated.batches_files import parse_form
from tasks.call.simulated.service import Service
from tasks.call.simulated.wire import Refused
from tests.tasks.call.simulated.batch_clients import START, Clock, Files, Name, ids, talk

FILES = pytest.mark.parametrize("name", ["openai", "azure"])
MARK = "b0undary"
KIND = f"multipart/form-data; boundary={MARK}"


def form(*parts: tuple[str, str, bytes]) -> bytes:
    """A form of parts: name, file name or nothing, content."""
    whole = b""
    for name, filename, content in parts:
        more = f'; filename="{filename}"\r\ncontent-type: application/octet-stream' if filename else ""
        head = f'--{MARK}\r\ncontent-disposition: form-data; name="{name}"{more}\r\n\r\n'
        whole += head.encode() + content + b"\r\n"
    return whole + f"--{MARK}--\r\n".encode()


@given(
    st.binary(max_size=200).filter(lambda content: MARK.encode() not in content),
    st.sampled_from([b"", b"\r\n", b"\r\n--", b"--b0undar", b"\r\n\r\n"]),
    st.booleans(),
)
def test_any_content_arrives_as_it_was_sent(content: bytes, more: bytes, first: bool) -> None:
    parts = [("purpose", "", b"batch"), ("file", "a.jsonl", content + more)]
    parts = parts if first else parts[::-1]
    assert parse_form(form(*parts), KIND) == {"purpose": ("", b"batch"), "file": ("a.jsonl", content + more)}


@given(st.binary(max_size=300))
def test_what_is_no_form_is_refused_or_empty(body: bytes) -> None:
    try:
        parts = parse_form(body, KIND)
    except Refused:
        return
    assert parts == {}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(form(("file", "a", b"x")), "application/json", id="another type"),
        pytest.param(form(("file", "a", b"x")), "multipart/form-data", id="no boundary"),
        pytest.param(form(("file", "a", b"x"))[:-8], KIND, id="broken off"),
        pytest.param(f"--{MARK}\r\n\r\nx\r\n--{MARK}--".encode(), KIND, id="a part without a name"),
    ],
)
def test_a_broken_form_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(Refused):
        parse_form(body, kind)


@FILES
def test_a_files_life_is_what_the_upload_says(name: Name) -> None:
    async def upload(api: Files, clock: Clock, service: Service) -> Any:
        plain = await api.upload(b"{}\n")
        short = await api.client.files.create(
            file=("b.jsonl", b"{}\n"),
            purpose="batch",
            expires_after={"anchor": "created_at", "seconds": 1_209_600},
        )
        listed = [file.id async for file in api.client.files.list(purpose="batch", limit=1)]
        return plain, short, listed

    plain, short, listed = talk(upload, name)
    assert plain.expires_at == (None if name == "azure" else int(START) + 2_592_000)
    assert short.expires_at == int(START) + 1_209_600
    assert (plain.bytes, plain.filename, short.filename) == (3, "batch.jsonl", "b.jsonl")
    assert listed == [short.id, plain.id]


@FILES
def test_outputs_live_as_long_as_the_creation_says(name: Name) -> None:
    async def create(api: Files, clock: Clock, service: Service) -> Any:
        file = await api.upload(api.content(ids(1)))
        batch = await api.start(file.id, output_expires_after={"anchor": "created_at", "seconds": 3600})
        clock.set(1.5)
        done = await api.retrieve(batch.id)
        return await api.client.files.retrieve(done.output_file_id)

    output = talk(create, name)
    assert output.expires_at == output.created_at + 3600
    assert output.filename.endswith("_output.jsonl")


def test_a_file_may_have_many_megabytes() -> None:
    async def upload(api: Files, clock: Clock, service: Service) -> Any:
        file = await api.upload(b" " * 34_000_000)
        return file.bytes, len((await api.client.files.content(file.id)).content)

    assert talk(upload) == (34_000_000, 34_000_000)
