"""Amounts: in other notations, corrected afterwards, with signs and units that move."""

from random import Random

from bench.extraction.draft import (
    COUNTS,
    Draft,
    Template,
    amount,
    english,
    european,
    names,
    swiss,
)


def invoice(rng: Random, nth: int) -> Draft | None:
    """European notation, a discount before tax, and a payment on account."""
    sign, spelled, words = (
        ("EUR", european, ("Netto", "Rabatt", "USt", "Anzahlung")),
        ("CHF", swiss, ("Zwischentotal", "Rabatt", "MWST", "Akonto")),
        ("EUR", european, ("Imponibile", "Sconto", "IVA", "Acconto")),
    )[nth % 3]
    things = rng.sample(["Sensor", "Router", "Kabel", "Monitor", "Adapter", "Rack"], 3)
    lines = [(thing, rng.randrange(2, 40), rng.randrange(1500, 90000, 25)) for thing in things]
    net = sum(n * each for _, n, each in lines)
    percent, tax, paid = rng.choice([2, 4, 5]), rng.choice([8, 19, 22]), rng.randrange(20000, 90000, 5000)
    if net * percent % 100 or (net - net * percent // 100) * tax % 100 or net < 200000:
        return None
    less = net * percent // 100
    vat = (net - less) * tax // 100
    due = net - less + vat - paid
    if due <= 0:
        return None
    rows = "\n".join(
        f"{n:>4} x {thing:<9}{spelled(each):>12}{spelled(n * each):>14}" for thing, n, each in lines
    )

    def found(subtotal: int, discount: int, taxed: int, rest: int) -> dict[str, object]:
        return {
            "currency": sign,
            "subtotal": amount(subtotal),
            "discount": amount(discount),
            "tax": amount(taxed),
            "due": amount(rest),
        }

    return Draft(
        f"{'':>6} {'':<9}{sign:>12}{sign:>14}\n{rows}\n\n"
        f"{words[0]:<26}{spelled(net):>8}\n"
        f"./. {percent} % {words[1]}\n"
        f"+ {tax} % {words[2]}\n"
        f"./. {words[3]} {spelled(paid)}\n\n"
        "(./. means that it is taken off; percentages are of what stands so far)\n",
        'Give "currency" (three letters), and as positive numbers "subtotal" (before the discount), '
        '"discount", "tax" and "due" (what is still to be paid).',
        found(net, less, vat, due),
        (
            found(net, less, vat, due + paid),
            {**found(net, less, vat, due), "tax": amount(net * tax // 100)},
        ),
    )


def expense_corrections(rng: Random, nth: int) -> Draft | None:
    """A list, and a letter that changes it."""
    things = rng.sample(["train", "hotel", "taxi", "parking", "lunch", "adapter", "printing", "museum"], 5)
    cents = {thing: rng.randrange(600, 29000, 10) for thing in things}
    swapped, dropped, halved = things[0], things[1], things[2]
    if cents[halved] % 20:
        return None
    sheet = str(cents[swapped] // 100)
    if len(sheet) < 2 or sheet[0] == sheet[1]:
        return None
    mistyped = int(sheet[1] + sheet[0] + sheet[2:]) * 100 + cents[swapped] % 100
    if sheet[1] == "0":
        return None
    right = {t: c for t, c in cents.items() if t != dropped}
    right[halved] = cents[halved] // 2
    shown = {**cents, swapped: mistyped}
    who = names(rng, 2)
    rows = "\n".join(f"  {thing:<10}{english(value):>10}" for thing, value in sorted(shown.items()))

    def found(values: dict[str, int]) -> dict[str, object]:
        ordered = {thing: amount(values[thing]) for thing in sorted(values)}
        return {"items": ordered, "total": amount(sum(values.values()))}

    return Draft(
        f"{who[0]}'s expenses ({('Oslo', 'Ghent', 'Porto')[nth % 3]}), in EUR\n\n{rows}\n\n"
        f"Hi {who[1]}, sorry, three things about the list above. I turned two figures round: the {swapped} "
        f"was {english(cents[swapped])}. The {dropped} was private after all, please take it out. And the "
        f"{halved} we shared half and half, so only my half of it counts. The rest is right. {who[0]}\n",
        'What is to be paid back? Give "items", an object from each remaining item to its amount, and '
        '"total".',
        found(right),
        (found(shown), found({**right, halved: cents[halved]})),
    )


def spelled_amounts(rng: Random, nth: int) -> Draft | None:
    """Words, k and M, dozens, and brackets for minus."""
    who = ("The club", "The archive", "The lab")[nth % 3]
    halves, k, m = rng.randrange(2, 9), rng.randrange(11, 99), rng.randrange(11, 39)
    dozen, each, loss = rng.randrange(2, 6), rng.randrange(225, 995, 5), rng.randrange(101000, 980000, 25)
    if each * dozen * 12 % 100 == 0 and each % 100 == 0:
        return None
    return Draft(
        f"{who} closed the year like this: membership brought {COUNTS[halves]} and a half thousand, the "
        f"grant was {m / 10:.1f}M, the sponsor gave {k}k. {COUNTS[dozen].capitalize()} dozen mugs were sold "
        f"at {english(each)} apiece. The bookkeeper, who writes losses in brackets, notes for the fair: "
        f"({english(loss)}). A bequest of a quarter of a million was promised and has not arrived.\n",
        'Give what came in or went out in the year, as numbers in full: "membership", "grant", "sponsor", '
        '"mugs" (what their sale brought) and "fair"; a loss is a negative number. What has not arrived '
        "does not count.",
        {
            "membership": halves * 1000 + 500,
            "grant": m * 100_000,
            "sponsor": k * 1000,
            "mugs": amount(each * dozen * 12),
            "fair": amount(-loss),
        },
        (
            {
                "membership": halves * 1000 + 500,
                "grant": m * 100_000,
                "sponsor": k * 1000,
                "mugs": amount(each * dozen * 12),
                "fair": amount(loss),
            },
            {
                "membership": halves * 1000 + 500,
                "grant": m * 100_000,
                "sponsor": k * 1000,
                "mugs": amount(each * dozen),
                "fair": amount(-loss),
            },
        ),
    )


def bank_statement(rng: Random, nth: int) -> Draft | None:
    """Trailing signs, a storno, and a balance that is carried on."""
    opening = rng.randrange(100000, 900000)
    firms = rng.sample(["Nordlicht", "Kessler", "Aurora", "Brandt & Co", "Quellhof", "Vogt", "Hansen"], 5)
    moves = [rng.choice([-1, 1, -1]) * rng.randrange(1900, 260000) for _ in firms]
    if sum(move > 0 for move in moves) not in (1, 2, 3):
        return None
    day, at, lines = rng.randrange(2, 6), opening, []
    undone = rng.randrange(5)
    for place, (firm, move) in enumerate(zip(firms, moves, strict=True)):
        lines.append(f"{day:02d}.03. {firm:<14}{european(abs(move)):>12}{'+' if move > 0 else '-'}")
        at += move
        if place == undone:
            lines.append(f"{day:02d}.03. STORNO {firm:<7}{european(abs(move)):>12}{'-' if move > 0 else '+'}")
            at -= move
        day += rng.randrange(1, 4)
    kept = [move for place, move in enumerate(moves) if place != undone]
    largest = max(range(5), key=lambda place: abs(moves[place]) if place != undone else 0)

    def found(came: int, went: int, closing: int) -> dict[str, object]:
        return {
            "credits": amount(came),
            "debits": amount(went),
            "closing": amount(closing),
            "largest": firms[largest],
        }

    plus, minus = sum(m for m in kept if m > 0), -sum(m for m in kept if m < 0)
    if len({abs(move) for move in moves}) < 5 or not plus or not minus:
        return None
    return Draft(
        f"Kontoauszug {('3/2024', '3/2025', '3/2023')[nth % 3]}   EUR\nAnfangssaldo "
        f"{european(opening):>20}+\n"
        + "\n".join(lines)
        + "\n(+ is a credit, - a debit; STORNO undoes the line before it, so that neither counts as a "
        "booking)\n",
        'Give "credits" and "debits" (the sums of the bookings that count, both positive), "closing" (the '
        'balance after the last line) and "largest" (the name in the largest booking that counts, of either '
        "sign).",
        found(plus, minus, at),
        (
            found(plus, minus, at + moves[undone]),
            found(plus + max(moves[undone], 0), minus - min(moves[undone], 0), at),
        ),
    )


def storage_units(rng: Random, nth: int) -> Draft | None:
    """Decimal and binary units, a rate, and a part of the whole."""
    tb, gb, mib = rng.randrange(11, 48), rng.randrange(120, 980), rng.randrange(2, 9) * 1024
    rate, part = rng.randrange(15, 65), rng.choice([20, 25, 40])
    raw = tb * 100 * 10**9
    share = raw * part // 100
    cost = rate * (raw // 10**9 + gb)  # tenths of a cent a month

    def found(bronze: int, silver: int, cache: int, tenths: int) -> dict[str, object]:
        return {
            "bronze_bytes": bronze,
            "silver_bytes": silver,
            "cache_bytes": cache,
            "archived_bytes": share,
            "usd_a_month": tenths / 1000 if tenths % 1000 else tenths // 1000,
        }

    return Draft(
        f"{('Lake', 'Vault', 'Pool')[nth % 3]} review. Bronze holds {tb / 10:.1f} TB, of which {part} "
        f"percent can go to the archive. Silver is {gb} GB. The cache is {mib:,} MiB on local disks, which "
        f"cost nothing. Object storage costs ${rate / 1000:.3f} per GB and month, and we pay it for bronze "
        "and silver as they are "
        "now. TB and GB are decimal (1 GB = 10^9 bytes), MiB is binary (2^20 bytes).\n",
        'Give "bronze_bytes", "silver_bytes" and "cache_bytes" in bytes, "archived_bytes" (what of bronze '
        'can go to the archive) and "usd_a_month", exactly.',
        found(raw, gb * 10**9, mib * 2**20, cost),
        (
            found(tb * 2**40 // 10, gb * 2**30, mib * 2**20, cost),
            found(raw, gb * 10**9, mib * 10**6, cost),
        ),
    )


TEMPLATES = (
    Template(invoice, "amounts", "hard", 3),
    Template(expense_corrections, "amounts", "easy"),
    Template(spelled_amounts, "amounts", "easy"),
    Template(bank_statement, "amounts", "hard"),
    Template(storage_units, "amounts", "medium"),
)
