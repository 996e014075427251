"""The Arrow schema of every table; each file carries it with its version."""

from collections.abc import Mapping

import pyarrow as pa

from warehouse.columns import COLUMNS, SCHEMA_VERSION, Kind

VERSION_KEY = b"nightbench.schema_version"
TABLE_KEY = b"nightbench.table"

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "uuid": pa.uuid(),
    "text": pa.string(),
    "word": pa.dictionary(pa.int32(), pa.string()),
    "texts": pa.list_(pa.string()),
    "json": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "small": pa.int32(),
    "count": pa.int64(),
    "real": pa.float64(),
    "claim": pa.bool_(),
    "usd": pa.decimal128(18, 12),
}


def _schema(table: str) -> pa.Schema:
    fields = [pa.field(name, ARROW_TYPES[kind]) for name, kind in COLUMNS[table].items()]
    return pa.schema(fields, metadata={VERSION_KEY: str(SCHEMA_VERSION).encode(), TABLE_KEY: table.encode()})


TABLES: Mapping[str, pa.Schema] = {table: _schema(table) for table in COLUMNS}
