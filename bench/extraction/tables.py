"""Tables: ragged, ditto, crossed, quoted, and with columns that change places."""

from random import Random

from bench.extraction.draft import Draft, Json, Template, amount, european, names

REGIONS = ("north", "south", "east", "west", "coast")
ITEMS = ("lamp", "kettle", "stool", "mirror", "basket", "blanket", "clock", "ladder", "tray", "bench")


def wrapped_table(rng: Random, nth: int) -> Draft | None:
    """A column so narrow that its text goes on in the next line."""
    notes = rng.sample(
        [
            "arrived damaged, replaced",
            "two boxes, one label",
            "left with the neighbour at 14",
            "customer paid 12.50 in cash",
            "call before 9, code 4471",
            "fragile",
            "gift, no price inside",
        ],
        5,
    )
    rows = [
        (f"P-{rng.randrange(100, 999)}", rng.choice(ITEMS), rng.randrange(1, 30), rng.randrange(300, 9900, 5))
        for _ in notes
    ]
    limit = rng.choice([10, 12, 15])
    if len({row[0] for row in rows}) < 5 or not 2 <= sum(row[2] >= limit for row in rows) <= 4:
        return None
    lines = ["parcel   item        qty     price  note", "-" * 54]
    for (parcel, item, qty, cents), note in zip(rows, notes, strict=True):
        parts = wrapped(note, 12)
        lines.append(f"{parcel:<9}{item:<10}{qty:>5}{cents / 100:>10.2f}  {parts[0]}")
        lines += [" " * 36 + part for part in parts[1:]]
    lines.append("-" * 54)
    total = sum(row[2] for row in rows)
    lines.append(f"{'':<9}{'total':<10}{total:>5}")

    def found(chosen: list[int], quantity: int) -> dict[str, object]:
        picked = [
            {"parcel": rows[at][0], "qty": rows[at][2], "price": amount(rows[at][3]), "note": notes[at]}
            for at in chosen
        ]
        return {"rows": picked, "qty_of_them": quantity}

    right = [at for at, row in enumerate(rows) if row[2] >= limit]
    cut = found(right, sum(rows[at][2] for at in right))
    return Draft(
        "\n".join(lines) + "\n",
        f'Give "rows", the parcels of which the quantity is {limit} or more, in the order of the table, each '
        "with "
        '"parcel", "qty", "price" and "note" (the note in one line, its parts joined by single spaces), and '
        '"qty_of_them", the sum of their quantities.',
        cut,
        (
            found(right, total),
            {**cut, "rows": [{**row, "note": wrapped(row["note"], 12)[0]} for row in rows_of(cut)]},
        ),
    )


def rows_of(answer: dict[str, Json]) -> list[dict[str, Json]]:
    """The rows of an answer."""
    return list(answer["rows"])


def wrapped(text: str, width: int) -> list[str]:
    """Words put into lines of a width."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def ditto_table(rng: Random, nth: int) -> Draft | None:
    """Cells that say "as above", and figures that a footnote corrects."""
    teams = rng.sample(REGIONS, 3)
    who = names(rng, 9)
    figures = [rng.randrange(20, 95) for _ in who]
    fixed, marked = rng.randrange(9), rng.randrange(9)
    corrected = figures[fixed] + rng.choice([-7, -4, 3, 6, 11])
    asked = fixed // 3
    if marked // 3 != asked or marked == fixed or corrected in figures:
        return None
    lines, mark = ["| team | person | tickets |", "|---|---|---|"], ('"', "\u2033")[nth % 2]
    for at, person in enumerate(who):
        star = "*" if at == fixed else "\u2020" if at == marked else ""
        team = teams[at // 3] if at % 3 == 0 else mark
        lines.append(f"| {team} | {person} | {figures[at]}{star} |")

    def found(values: list[int], count: int = 3) -> dict[str, object]:
        mine = dict(zip(who, values, strict=True))
        people = who[asked * 3 : asked * 3 + count]
        return {
            "team": teams[asked],
            "tickets": {person: mine[person] for person in people},
            "total": sum(mine[person] for person in people),
        }

    right = [corrected if at == fixed else value for at, value in enumerate(figures)]
    return Draft(
        "\n".join(lines)
        + f"\n\n\\* should read {corrected}\n\u2020 counted by hand\n"
        + f"The mark {mark} repeats the cell above it.\n",
        f'For the team {teams[asked]}, as corrected: "team", "tickets" (an object from each person to the '
        'number) and "total".',
        found(right),
        (found(figures), found(right, 1)),
    )


def quoted_csv(rng: Random, nth: int) -> Draft | None:
    """Semicolons, decimal commas, quotes within quotes, a repeated header and a comment."""
    stores = rng.sample(
        ['"Zum Anker"', "Nord; Sued", "Café Lux", "O'Hara", 'Bar "7"', "Alte Post", "Kiosk 4; Hof"], 5
    )
    states = [rng.choice(["paid", "paid", "open", "void"]) for _ in range(10)]
    cents = [rng.randrange(900, 190000) for _ in states]
    where = [rng.choice(stores) for _ in states]
    if states[4] == "open" or not 3 <= states.count("paid") <= 6 or "open" not in states:
        return None
    header = "id;store;amount;state"
    lines = [header]
    for at, (store, value, state) in enumerate(zip(where, cents, states, strict=True)):
        if at == 6:
            lines.append(header)
        if at == 4:
            lines.append(f'# {at + 100};"{store}";1,00;paid  <- test')
        cell = '"' + store.replace('"', '""') + '"' if ";" in store or '"' in store else store
        lines.append(
            f"{at + 100};{cell};{european(value) if at % 2 else european(value).replace('.', '')};{state}"
        )

    def found(state: str, extra: int = 0) -> dict[str, object]:
        mine = [at for at, found in enumerate(states) if found == state]
        return {
            "n": len(mine) + (extra > 0),
            "sum": amount(sum(cents[at] for at in mine) + extra),
            "stores": list(dict.fromkeys(where[at] for at in mine)),
            "largest_id": max(mine, key=lambda at: cents[at]) + 100,
        }

    return Draft(
        "export (; separates, decimal comma, points between thousands are optional, lines with # are "
        "comments)\n\n" + "\n".join(lines) + "\n",
        'Of the records whose state is paid: "n" (how many), "sum" (of the amounts), "stores" (each store '
        'once, as it is called without the quoting of the file, in the order of the file) and "largest_id" '
        "(the id, a "
        "number, of the largest amount).",
        found("paid"),
        (found("paid", 100), found("open")),
    )


def crossed_table(rng: Random, nth: int) -> Draft | None:
    """Regions against quarters, in thousands, with gaps of two kinds."""
    regions = rng.sample(REGIONS, 4)
    quarters = ["Q1", "Q2", "Q3", "Q4"]
    values: dict[tuple[str, str], int | None] = {
        (region, quarter): rng.randrange(12, 98) for region in regions for quarter in quarters
    }
    gaps = rng.sample(sorted(values), 3)
    zero = rng.choice([key for key in values if key not in gaps])
    values[zero] = 0
    for gap in gaps:
        values[gap] = None
    if len({gap[0] for gap in gaps}) < 2 or zero[0] in {gap[0] for gap in gaps}:
        return None
    signs = {gaps[0]: "-", gaps[1]: "n/a", gaps[2]: "-"}
    lines = [f"{'kEUR':<8}" + "".join(f"{quarter:>7}" for quarter in quarters)]
    for region in regions:
        cells = [signs.get((region, q)) or str(values[region, q]) for q in quarters]
        lines.append(f"{region:<8}" + "".join(f"{cell:>7}" for cell in cells))

    def found(unit: int, zero_is_gap: bool = False) -> dict[str, object]:
        known = {
            key: value for key, value in values.items() if value is not None and (value or not zero_is_gap)
        }
        return {
            "missing": [f"{region} {q}" for region in regions for q in quarters if (region, q) not in known],
            "eur": {
                region: unit * sum(v for (r, _), v in known.items() if r == region) for region in regions
            },
            "lowest": min(known, key=lambda key: (known[key], key))[0],
        }

    if sorted(value for value in values.values() if value is not None).count(0) != 1:
        return None
    return Draft(
        f"{('Turnover', 'Bookings', 'Orders')[nth % 3]} by region (a dash or n/a: not reported yet; 0 is a "
        "figure "
        "like any other)\n\n" + "\n".join(lines) + "\n",
        'Give "missing" (what was not reported, as "north Q1", row by row), "eur" (an object from each '
        'region to the sum of what it reported, in EUR, not thousands) and "lowest" (the region with the '
        "lowest figure "
        "reported for a quarter).",
        found(1000),
        (found(1), found(1000, zero_is_gap=True)),
    )


def two_exports(rng: Random, nth: int) -> Draft | None:
    """The second half of a file has other columns in another unit."""
    skus = [f"{letter}{rng.randrange(10, 99)}" for letter in "ABCDEF"]
    stock = [rng.randrange(3, 60) for _ in skus]
    grams = [rng.randrange(150, 4900, 50) for _ in skus]
    changed = rng.randrange(2, 5)
    heaviest = max(range(6), key=lambda at: stock[at] * grams[at])
    low = [skus[at] for at in range(6) if stock[at] < 15]
    if (
        heaviest < changed
        or not 1 <= len(low) <= 4
        or len({n * g for n, g in zip(stock, grams, strict=True)}) < 6
    ):
        return None
    first = [f"{skus[at]},{stock[at]},{grams[at]}" for at in range(changed)]
    second = [f"{grams[at] / 1000:g},{skus[at]},{stock[at]}" for at in range(changed, 6)]
    weight = sum(n * each for n, each in zip(stock, grams, strict=True))
    light = sum(
        n * each if at < changed else 0 for at, (n, each) in enumerate(zip(stock, grams, strict=True))
    )
    first_only = max(range(changed), key=lambda at: stock[at] * grams[at])

    def found(total: int, most: int, few: list[str]) -> dict[str, object]:
        kilos = total / 1000
        return {"kg": int(kilos) if kilos.is_integer() else kilos, "heaviest": skus[most], "low": few}

    return Draft(
        "sku,stock,weight_g\n"
        + "\n".join(first)
        + f"\n--- exporter {('2.0', '3.1', '1.9')[nth % 3]} from here on ---\nweight_kg,sku,stock\n"
        + "\n".join(second)
        + "\n",
        'A weight is that of one piece. Give "kg" (the weight of the whole stock in kilograms), "heaviest" '
        '(the sku whose whole stock weighs most) and "low" (the skus with fewer than 15 pieces, in the order '
        "of the "
        "file).",
        found(weight, heaviest, low),
        (found(weight, first_only, low), found(light, heaviest, low)),
    )


TEMPLATES = (
    Template(wrapped_table, "tables", "medium"),
    Template(ditto_table, "tables", "medium"),
    Template(quoted_csv, "tables", "hard", 3),
    Template(crossed_table, "tables", "hard"),
    Template(two_exports, "tables", "hard"),
)
