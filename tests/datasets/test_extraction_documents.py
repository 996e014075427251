"""Documents of the suite extraction say what their answers say: programs read them and get the same.

The answers were computed from the facts, the documents were written from the facts; here the way goes back.
"""

import ast
import configparser
import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from bench.make_extraction import rows

Json = Any
Read = Callable[[str], dict[str, Json]]


def number(text: str) -> Decimal:
    """A number in European or English notation, with two decimals."""
    digits = re.sub(r"[^\d]", "", text)
    return Decimal(digits) / 100


def plain(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def the_altered_table(document: str) -> dict[str, Json]:
    with duckdb.connect() as connection:
        connection.execute(document)
        table = connection.execute("select table_name from duckdb_tables()").fetchall()[0][0]
        found = connection.execute(f"describe {table}").fetchall()
    columns = [{"name": n, "type": kind.lower(), "nullable": null == "YES"} for n, kind, null, *_ in found]
    return {"table": table, "columns": columns}


def the_quoted_csv(document: str) -> dict[str, Json]:
    lines = document.split("\n\n", 1)[1].splitlines()
    records = [r for r in csv.reader([ln for ln in lines if ln[0] != "#"], delimiter=";") if r[0] != "id"]
    paid = [(int(i), store, number(amount)) for i, store, amount, state in records if state == "paid"]
    return {
        "n": len(paid),
        "sum": plain(sum((amount for *_, amount in paid), Decimal(0))),
        "stores": list(dict.fromkeys(store for _, store, _ in paid)),
        "largest_id": max(paid, key=lambda record: record[2])[0],
    }


def the_access_log(document: str) -> dict[str, Json]:
    lines = re.findall(r'"GET (\S+)" (\d+) (\d+)$', document, re.MULTILINE)
    errors = Counter(path for path, status, _ in lines if status >= "500" and path != "/healthz")
    return {
        "errors": dict(errors),
        "n": errors.total(),
        "worst": errors.most_common(1)[0][0],
        "bytes_without_error": sum(int(size) for _, status, size in lines if status < "500"),
    }


def the_job_log(document: str) -> dict[str, Json]:
    starts: dict[str, datetime] = {}
    ends: dict[str, tuple[str, int]] = {}
    for moment, job, word in re.findall(r"^(\S+ \S+) \w+ +(\w+): (started|finished|failed)", document, re.M):
        at = datetime.fromisoformat(moment)
        if word == "started":
            starts[job] = at
        else:
            ends[job] = (word, int((at - starts[job]).total_seconds()))
    done = {job: took for job, (word, took) in ends.items() if word == "finished"}
    slowest = max(done, key=lambda job: done[job])
    return {
        "failed": [job for job in starts if ends.get(job, ("",))[0] == "failed"],
        "unfinished": [job for job in starts if job not in ends],
        "slowest": slowest,
        "slowest_s": done[slowest],
    }


def the_retry_log(document: str) -> dict[str, Json]:
    found: dict[str, dict[str, Json]] = {}
    failures = 0
    for request, attempt, status, rest in re.findall(
        r"^(\S+) attempt=(\d) status=(\d+) (.+)$", document, re.M
    ):
        mine = found.setdefault(request, {"ok": False, "attempts": 0, "waited_ms": 0})
        mine["attempts"] += 1
        assert mine["attempts"] == int(attempt)
        mine["ok"] = status == "200"
        failures += status != "200"
        if wait := re.fullmatch(r"retry_in=([\d.]+)(ms|s)", rest):
            mine["waited_ms"] += int(Decimal(wait[1]) * (1 if wait[2] == "ms" else 1000))
    return {"requests": found, "failed_attempts": failures}


def the_nested_json(document: str) -> dict[str, Json]:
    outer, _ = json.JSONDecoder().raw_decode(document, document.index("{"))
    order = json.loads(outer["payload"])
    return {
        "order": int(order["order"]),
        "skus": [line["sku"] for line in order["lines"]],
        "total_cents": sum(int(line["n"]) * line["cents"] for line in order["lines"]),
        "city": order["to"]["city"],
        "note_lines": order["to"]["note"].splitlines(),
        "gift": order["gift"] == "true",
        "coupon": order.get("coupon"),
    }


def the_two_exports(document: str) -> dict[str, Json]:
    first, second = re.split(r"--- .* ---\n", document)
    stock = [(sku, int(n), int(grams)) for sku, n, grams in csv.reader(first.splitlines()[1:])]
    for kilos, sku, n in csv.reader(second.splitlines()[1:]):
        stock.append((sku, int(n), int(Decimal(kilos) * 1000)))
    return {
        "kg": plain(Decimal(sum(n * grams for _, n, grams in stock)) / 1000),
        "heaviest": max(stock, key=lambda item: item[1] * item[2])[0],
        "low": [sku for sku, n, _ in stock if n < 15],
    }


def the_crossed_table(document: str) -> dict[str, Json]:
    head, *lines = document.split("\n\n", 1)[1].splitlines()
    quarters = head.split()[1:]
    cells = {
        (line.split()[0], q): c for line in lines for q, c in zip(quarters, line.split()[1:], strict=True)
    }
    known = {key: int(cell) for key, cell in cells.items() if cell.isdigit()}
    eur: Counter[str] = Counter()
    for (region, _), value in known.items():
        eur[region] += 1000 * value
    return {
        "missing": [" ".join(key) for key in cells if key not in known],
        "eur": dict(eur),
        "lowest": min(known, key=lambda key: known[key])[0],
    }


def the_config_layers(document: str) -> dict[str, Json]:
    ini, _, shell = document.partition("\n$ ")
    parser = configparser.ConfigParser()
    parser.read_string(ini)
    found = {**parser["default"], **parser["prod"]}
    command = shell.splitlines()[-1]
    prefix = re.findall(r"variables start with (\w+)_", command)[0]
    for name, value in re.findall(rf"export {prefix}_(\w+)=(\S+)", shell):
        found[name.lower()] = value
    found["batch_size"] = re.findall(r"--batch-size (\d+)", command)[0]
    return {
        **{name: int(found[name]) for name in ("workers", "timeout_s", "batch_size", "retries")},
        "verbose": "--verbose" in command,
        "host": found["host"],
        "proxy": found["proxy"] or None,
    }


def the_bank_statement(document: str) -> dict[str, Json]:
    lines = [re.fullmatch(r"(.{10}\S.*?|\w+) +([\d.]+,\d\d)([+-])", line) for line in document.splitlines()]
    balance, kept = Decimal(0), list[tuple[str, Decimal]]()
    for line in filter(None, lines):
        value = number(line[2]) * (1 if line[3] == "+" else -1)
        balance += value
        if "STORNO" in line[1]:
            assert kept.pop()[1] == -value
        elif line[1] != "Anfangssaldo":
            kept.append((line[1][7:].strip(), value))
    return {
        "credits": plain(sum((v for _, v in kept if v > 0), Decimal(0))),
        "debits": plain(-sum((v for _, v in kept if v < 0), Decimal(0))),
        "closing": plain(balance),
        "largest": max(kept, key=lambda booking: abs(booking[1]))[0],
    }


def the_invoice(document: str) -> dict[str, Json]:
    net, at = Decimal(0), Decimal(0)
    steps: dict[str, Decimal] = {}
    for n, each, total in re.findall(r"^ *(\d+) x \w+ +([\d.,']+) +([\d.,']+)$", document, re.MULTILINE):
        assert int(n) * number(each) == number(total)
        net += number(total)
    at = net
    for sign, percent in re.findall(r"^(\./\.|\+) (\d+) %", document, re.MULTILINE):
        steps[sign] = at * int(percent) / 100
        at += steps[sign] if sign == "+" else -steps[sign]
    (paid,) = re.findall(r"^\./\. [A-Z]\w+ ([\d.,']+)$", document, re.MULTILINE)
    return {
        "currency": document.split()[0],
        "subtotal": plain(net),
        "discount": plain(steps["./."]),
        "tax": plain(steps["+"]),
        "due": plain(at - number(paid)),
    }


def the_office_dates(document: str) -> dict[str, Json]:
    (month_first,) = re.findall(r"mind that (\w+) writes the month first", document)
    dates: dict[str, date] = {}
    for office, thing, text in re.findall(r"^(\w+): (.+) - (.+)$", document, re.MULTILINE):
        if office == "archive":
            dates[thing] = datetime.strptime(text, "%G-W%V-%u").replace(tzinfo=UTC).date()
        elif office == "lab":
            dates[thing] = datetime.strptime(text, "day %j of %Y").replace(tzinfo=UTC).date()
        else:
            form = "%m/%d/%Y" if office == month_first else "%d/%m/%Y"
            dates[thing] = datetime.strptime(text, form).replace(tzinfo=UTC).date()
    ordered = sorted(dates, key=lambda thing: dates[thing])
    return {"first": ordered[0], "last": ordered[-1], "dates": {t: str(day) for t, day in dates.items()}}


def the_incident(document: str) -> dict[str, Json]:
    (year,) = re.findall(r"draft, (\d{4})", document)
    found: list[datetime] = []
    for clock, day, sign, hours, minutes in re.findall(
        r"at (\d\d:\d\d) on (\d+ \w+) in \w+ \(UTC([+-])(\d+)(?::(\d\d))?\)", document
    ):
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
        zone = timezone(ahead if sign == "+" else -ahead)
        at = datetime.strptime(f"{day} {year} {clock}", "%d %B %Y %H:%M").replace(tzinfo=zone)
        found.append(at.astimezone(UTC))
    mitigated, alerted, resolved = found
    times = {"alerted": alerted, "mitigated": mitigated, "resolved": resolved}
    minutes = (resolved - alerted) // timedelta(minutes=1)
    return {**{name: f"{at:%Y-%m-%dT%H:%MZ}" for name, at in times.items()}, "minutes": minutes}


def the_logfmt_line(document: str) -> dict[str, Json]:
    form = r'level=(\w+) svc=(\w+) msg=("(?:[^"\\]|\\.)*"|\w+) user=(\d+) duration=(\d+)ms'
    level, service, message, user, took = max(re.findall(form, document), key=lambda line: int(line[4]))
    text = ast.literal_eval(message) if message[0] == '"' else message
    return {"service": service, "level": level, "message": text, "user": int(user), "ms": int(took)}


def the_ditto_table(document: str) -> dict[str, Json]:
    (corrected,) = re.findall(r"should read (\d+)", document)
    team, asked, teams = "", "", dict[str, dict[str, int]]()
    for cell, person, figure, mark in re.findall(r"^\| (\S+) \| (\w+) \| (\d+)(\S?) \|$", document, re.M):
        team = cell if cell.isalpha() else team
        asked = team if mark == "*" else asked
        teams.setdefault(team, {})[person] = int(corrected if mark == "*" else figure)
    return {"team": asked, "tickets": teams[asked], "total": sum(teams[asked].values())}


READERS: dict[str, Read] = {
    "altered_table": the_altered_table,
    "quoted_csv": the_quoted_csv,
    "access_log": the_access_log,
    "job_log": the_job_log,
    "retry_log": the_retry_log,
    "nested_json": the_nested_json,
    "two_exports": the_two_exports,
    "crossed_table": the_crossed_table,
    "config_layers": the_config_layers,
    "bank_statement": the_bank_statement,
    "invoice": the_invoice,
    "office_dates": the_office_dates,
    "incident_utc": the_incident,
    "logfmt_line": the_logfmt_line,
    "ditto_table": the_ditto_table,
}
READABLE = [row for row in rows() if row["template"] in READERS]


@pytest.mark.parametrize("row", [pytest.param(row, id=row["sample_id"]) for row in READABLE])
def test_a_program_that_reads_the_document_finds_the_answer(row: dict[str, Json]) -> None:
    document = str(row["input"]).split("<document>\n")[1].removesuffix("\n</document>")
    assert READERS[row["template"]](document) == json.loads(row["target"])


def test_half_of_the_templates_are_read_back() -> None:
    assert {row["template"] for row in READABLE} == set(READERS)
    assert len(READABLE) >= len(rows()) / 2
