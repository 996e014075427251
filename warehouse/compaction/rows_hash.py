"""A checksum of rows that does not depend on the file, batches or encoding that they came in."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class RowsHash:
    """The sha256 of rows in their order, column by column.

    Of each column: its name, which values are there, the values as Arrow lays them out (text as lengths
    and UTF-8 bytes), each streamed into a sha256 of its own; those together make the result. The same rows
    in other batches, row groups or dictionaries have the same checksum.
    """

    def __init__(self, columns: list[str]) -> None:
        self.rows = 0
        self._hashes = {name: (hashlib.sha256(), hashlib.sha256(), hashlib.sha256()) for name in columns}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows; every column must be in the batch."""
        self.rows += batch.num_rows
        if batch.num_rows == 0:
            return
        for name, (there, lengths, content) in self._hashes.items():
            column = batch.column(name)
            if isinstance(column, pa.ExtensionArray):
                column = column.storage
            if isinstance(column, pa.DictionaryArray):
                column = column.cast(column.type.value_type)
            there.update(_bytes(pc.is_valid(column)))
            values = column.drop_null()
            if len(values) == 0:
                continue
            if pa.types.is_string(values.type):
                lengths.update(_bytes(pc.binary_length(values)))
                content.update(_text(values))
            else:
                content.update(_bytes(values))

    def hexdigest(self) -> str:
        """The checksum of what was added."""
        whole = hashlib.sha256(str(self.rows).encode())
        for name, hashes in self._hashes.items():
            whole.update(name.encode())
            for one in hashes:
                whole.update(one.digest())
        return whole.hexdigest()


def _bytes(values: pa.Array) -> bytes | memoryview:
    """The values of an array of fixed width without NULL."""
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    buffer = values.buffers()[1]
    width = values.type.bit_width // 8
    start = values.offset * width
    return memoryview(buffer)[start : start + len(values) * width]


def _text(values: pa.Array) -> memoryview:
    _, offsets, content = values.buffers()
    if content is None:
        return memoryview(b"")
    ends = np.frombuffer(offsets, dtype=np.int32)
    return memoryview(content)[ends[values.offset] : ends[values.offset + len(values)]]
