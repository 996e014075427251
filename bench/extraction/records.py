"""Records: configuration in layers, DDL that was altered, JSON within text, and graphs in prose."""

import json
from random import Random

from bench.extraction.draft import SURNAMES, Draft, Template, listed, names


def config_layers(rng: Random, nth: int) -> Draft | None:
    """Defaults, a section for the environment, variables, and a flag; the last one wins."""
    prefix = ("LOADER", "RUNNER", "MIRROR")[nth % 3]
    workers, timeout, batch, retries = rng.sample(range(2, 60), 4)
    prod_workers, prod_batch, env_timeout, dev_retries = rng.sample(range(60, 400), 4)
    flag_batch = rng.randrange(500, 2000, 50)
    loud = nth % 2 == 1
    host = f"db{rng.randrange(2, 9)}.internal"

    def found(
        batch_size: int, retry: int, seconds: int, verbose: bool, number: int = prod_workers
    ) -> dict[str, object]:
        return {
            "workers": number,
            "timeout_s": seconds,
            "batch_size": batch_size,
            "retries": retry,
            "verbose": verbose,
            "host": host,
            "proxy": None,
        }

    return Draft(
        "; settings of later places win: [default], then the section of the environment, then variables of "
        "the\n; process, then flags of the command line. An empty value of a setting means that there is "
        "none.\n"
        f"[default]\nhost = localhost\nworkers = {workers}\ntimeout_s = {timeout}\nbatch_size = {batch}\n"
        f"retries = {retries}\nverbose = {'no' if loud else 'yes'}\nproxy = http://proxy:3128\n\n"
        f"[dev]\nretries = {dev_retries}\nworkers = 1\n\n"
        f"[prod]\nhost = {host}\nworkers = {prod_workers}\nbatch_size = {prod_batch}\nproxy =\n;timeout_s = "
        "5\n\n"
        f"$ export {prefix}_TIMEOUT_S={env_timeout}\n$ export OTHER_RETRIES=99\n"
        f"$ {prefix.lower()} --env prod --batch-size {flag_batch} --{'' if loud else 'no-'}verbose   # "
        f"variables start with {prefix}_\n",
        'With which settings did it run? Give "workers", "timeout_s", "batch_size" and "retries" as numbers, '
        '"verbose" as true or false, "host" as text and "proxy" as text or null.',
        found(flag_batch, retries, env_timeout, verbose=loud),
        (
            found(prod_batch, retries, timeout, verbose=not loud),
            found(flag_batch, dev_retries, env_timeout, verbose=loud),
        ),
    )


def altered_table(rng: Random, nth: int) -> Draft | None:
    """A CREATE TABLE and what was done to it afterwards."""
    table = ("shipments", "claims", "readings")[nth % 3]
    columns = rng.sample(["code", "weight", "note", "site", "grade", "owner", "phase"], 5)
    kinds = {column: rng.choice(["varchar", "integer", "boolean"]) for column in columns}
    strict = {column: rng.random() < 0.5 for column in columns}
    dropped, renamed, retyped, loosened = rng.sample(columns, 4)
    if kinds[retyped] != "integer" or not strict[loosened]:
        return None
    added = rng.choice(["batch", "source", "region"])
    lines = ["  id integer not null"] + [
        f"  {column} {kinds[column]}{' not null' if strict[column] else ''}" for column in columns
    ]

    def found(with_alters: bool, new_name: str) -> dict[str, object]:
        rows = [{"name": "id", "type": "integer", "nullable": False}]
        for column in columns:
            if column == dropped and with_alters:
                continue
            rows.append(
                {
                    "name": new_name if column == renamed else column,
                    "type": "bigint" if column == retyped and with_alters else kinds[column],
                    "nullable": not strict[column] or (column == loosened and with_alters),
                }
            )
        rows.append({"name": added, "type": "varchar", "nullable": True})
        return {"table": table, "columns": rows}

    return Draft(
        f"create table {table}_raw (\n" + ",\n".join(lines) + "\n);\n"
        f"alter table {table}_raw add column {added} integer;\n"
        f"alter table {table}_raw alter column {retyped} type bigint;\n"
        f"-- alter table {table}_raw drop column {columns[-1] if columns[-1] != dropped else columns[0]};\n"
        f"alter table {table}_raw drop column {dropped};\n"
        f"alter table {table}_raw rename column {renamed} to {renamed}_old;\n"
        f"alter table {table}_raw alter column {loosened} drop not null;\n"
        f"alter table {table}_raw drop column {added};\n"
        f"alter table {table}_raw add column {added} varchar;\n"
        f"alter table {table}_raw rename to {table};\n",
        'What does the table look like after all of this? Give "table" (its name) and "columns", the columns '
        'in their order, each with "name", "type" (in small letters) and "nullable" (true or false).',
        found(with_alters=True, new_name=f"{renamed}_old"),
        (found(with_alters=True, new_name=renamed), found(with_alters=False, new_name=f"{renamed}_old")),
    )


def nested_json(rng: Random, nth: int) -> Draft | None:
    """JSON as text within JSON within a line of a log."""
    sku = [f"{rng.choice('KLMN')}-{rng.randrange(10, 99)}" for _ in range(3)]
    n = [rng.randrange(1, 9) for _ in sku]
    cents = [rng.randrange(199, 9900) for _ in sku]
    if len(set(sku)) < 3:
        return None
    order, city = rng.randrange(10**6, 10**7), ("Malmö", "Kraków", "Besançon")[nth % 3]
    gift, note = nth % 2 == 0, rng.choice(['ring "twice"\nthen wait', 'ask for "Mo"\nor leave it\\here'])
    payload = {
        "order": str(order),
        "lines": [{"sku": s, "n": str(k), "cents": c} for s, k, c in zip(sku, n, cents, strict=True)],
        "to": {"city": city, "note": note},
        "gift": "true" if gift else "false",
    }
    coupon = "SPRING7" if nth % 2 else None
    if coupon:
        payload["coupon"] = coupon
    outer = {"topic": "orders", "offset": rng.randrange(10**5), "attempts": 2, "payload": json.dumps(payload)}

    def found(each: list[int], code: str | None) -> dict[str, object]:
        return {
            "order": order,
            "skus": sku,
            "total_cents": sum(each),
            "city": city,
            "note_lines": note.split("\n"),
            "gift": gift,
            "coupon": code,
        }

    totals = [k * c for k, c in zip(n, cents, strict=True)]
    return Draft(
        f"2024-09-0{nth + 1}T04:11:09Z WARN consumer-3 cannot parse, skipped: {json.dumps(outer)} "
        f"(previous order {order - 7}, coupon FALL10)\n",
        'Of the order that was skipped: "order" (its number, as a number), "skus" (in their order), '
        '"total_cents" (of all lines, with their quantities n), "city", "note_lines" (the lines of the note '
        'as a list), "gift" (true or false) and "coupon" (null where the order has none).',
        found(totals, coupon),
        (found(cents, coupon), found(totals, "FALL10")),
    )


def people_in_prose(rng: Random, nth: int) -> Draft | None:
    """Four people, of whom each has something that is said only by way of another, or not at all."""
    first, last = names(rng, 4), rng.sample(SURNAMES, 3)
    desks = [f"{floor}{rng.choice('ABCDE')}" for floor in rng.sample(range(2, 12), 3)]
    lead_since, apart = rng.randrange(2012, 2020), rng.randrange(2, 6)
    other_since = lead_since + (apart if nth % 2 else -apart)
    pet = rng.choice(["parrot", "tortoise", "ferret"])

    def found(desk: str | None, third_since: int | None, fourth_since: int | None) -> dict[str, object]:
        rows = (
            (first[0], last[0], desks[0], lead_since, True),
            (first[1], last[1], desk, other_since, False),
            (first[2], last[0], desks[1], third_since, False),
            (first[3], last[2], desks[2], fourth_since, False),
        )
        keys = ("first", "last", "desk", "since", "lead")
        return {"people": [dict(zip(keys, row, strict=True)) for row in sorted(rows)]}

    return Draft(
        f"New here? {first[0]} {last[0]}, who leads us, came in {lead_since} and sits at {desks[0]}, by the "
        f"window. {first[1]} {last[1]} works from home, has had no desk since the move (it was {desks[1]}) "
        f"and joined {apart} years {'after' if nth % 2 else 'before'} {first[0]}. {desks[1]} now belongs to "
        f"{first[2]}, who has the same surname as our lead, no relation, and who started in the same year as "
        f"{first[1]}. At {desks[2]} you find {first[3]} {last[2]} with a {pet} that turned {apart + 3} in "
        f"{lead_since + apart + 1}; when {first[3]} "
        "joined, nobody remembers.\n",
        'Give "people", sorted by first name, each with "first" and "last" (names), "desk", "since" (the '
        'year of joining, a number) and "lead" (true or false).',
        found(None, other_since, None),
        (found(desks[1], other_since, None), found(None, lead_since, lead_since + apart + 1)),
    )


def lineage(rng: Random, nth: int) -> Draft | None:
    """Which tables are made of which, in sentences that go both ways."""
    raw = rng.sample(["clicks", "orders", "stores", "rates"], 3)
    mid = rng.sample(["sessions", "baskets", "prices", "visits"], 3)
    top = rng.sample(["churn", "margin", "forecast"], 3)
    after = {
        mid[0]: [raw[0]],
        mid[1]: [raw[0], raw[1]],
        mid[2]: [raw[2]],
        top[0]: [mid[0], mid[1]],
        top[1]: [mid[2]],
        top[2]: [top[1], raw[1]],
    }
    changed = rng.choice([raw[0], raw[2], raw[1]])
    stale: set[str] = set()
    while (new := {table for table, of in after.items() if {changed, *stale} & set(of)} - stale) != set():
        stale |= new
    direct = sorted(table for table, of in after.items() if changed in of)
    if direct == sorted(stale) or len(stale) > 5:
        return None

    def found(rebuilt: list[str]) -> dict[str, object]:
        return {
            "rebuild": rebuilt,
            "untouched": sorted({*after, *raw} - {*rebuilt, changed}),
            "sources_of_last": sorted(raw_of(top[2])),
        }

    def raw_of(table: str) -> set[str]:
        return {table} if table not in after else set().union(*(raw_of(of) for of in after[table]))

    return Draft(
        f"Handover. {raw[0].capitalize()} feed both {mid[0]} and {mid[1]}; the latter also read {raw[1]}. "
        f"{top[0].capitalize()} is built from exactly these two, {mid[0]} and {mid[1]}. On the other side, "
        f"{mid[2]} come from {raw[2]} alone and are all that {top[1]} needs. {top[2].capitalize()} joins "
        f"{top[1]} with {raw[1]}, no longer with {mid[0]} as it did last year. Raw are "
        f"{listed(sorted(raw))}.\n",
        f'The table {changed} was loaded again. Give "rebuild" (the tables that depend on it, directly or by '
        f'way of others), "untouched" (all other tables but {changed} itself, raw ones included) and '
        '"sources_of_last" (the raw '
        f"tables on which {top[2]} depends, directly or by way of others); small letters, each list in "
        "alphabetical order.",
        found(sorted(stale)),
        (found(direct), {**found(sorted(stale)), "sources_of_last": sorted({raw[1]})}),
    )


TEMPLATES = (
    Template(config_layers, "records", "medium"),
    Template(altered_table, "records", "hard"),
    Template(nested_json, "records", "hard", 3),
    Template(people_in_prose, "records", "medium"),
    Template(lineage, "records", "hard"),
)
