"""Cases about values: numbers that must be exact, and schemas that leave some freedom."""

import json

from bench.json_only.case import Case, Json, closed, one_of, text

NUMBERS = (
    Case(
        """A till receipt: 3 lamps at 19.90 each, 2 shades at 7.45 each, 1 bulb at 0.80. Return JSON with
"lines", an array of objects with "item" (singular, small letters), "quantity" and "amount" (quantity
times price), in this order, and "total". Amounts are JSON numbers, exact to the cent. Only JSON.""",
        {
            "lines": [
                {"item": "lamp", "quantity": 3, "amount": 59.7},
                {"item": "shade", "quantity": 2, "amount": 14.9},
                {"item": "bulb", "quantity": 1, "amount": 0.8},
            ],
            "total": 75.4,
        },
    ),
    Case(
        """Some programs cannot hold large integers; JSON can. Give a JSON object with "limit":
9007199254740992, "next": the integer that follows it, and "two_to_64": 2 to the power of 64, all as JSON
numbers written out in full, without exponent. JSON only.""",
        {"limit": 9007199254740992, "next": 9007199254740993, "two_to_64": 18446744073709551616},
    ),
    Case(
        """Amounts of money travel as strings with exactly two decimals here. Convert: rent 850, power
61.5, water 18.05, refund -7. Return a JSON object with these four names as keys and the amounts as such
strings, for instance "0.10". Return JSON only, nothing before or after it.""",
        {"rent": "850.00", "power": "61.50", "water": "18.05", "refund": "-7.00"},
    ),
    Case(
        """Write these as decimal JSON numbers: one eighth, minus three quarters, two thirds rounded to
three decimals, five percent as a fraction of one. The keys are "eighth", "minus", "thirds", "percent".
The JSON object alone, please: JSON only.""",
        {"eighth": 0.125, "minus": -0.75, "thirds": 0.667, "percent": 0.05},
    ),
    Case(
        """An invoice from Germany reads: Netto 1.234,50 €, Steuer 234,56 €, Brutto 1.469,06 €, Rabatt
0,00 €. Give the four amounts as JSON numbers under the keys "netto", "steuer", "brutto" and "rabatt".
Respond in JSON and nothing else.""",
        {"netto": 1234.5, "steuer": 234.56, "brutto": 1469.06, "rabatt": 0},
    ),
    Case(
        """Not everything made of digits is a number. Return a JSON object: "postcode" 00501, "phone" +44
20 7946 0018, "version" 1.10 and "room" 007 are strings, kept exactly as written; "floor" 7 and "share"
0.10 are numbers. JSON only.""",
        {
            "postcode": "00501",
            "phone": "+44 20 7946 0018",
            "version": "1.10",
            "room": "007",
            "floor": 7,
            "share": 0.1,
        },
    ),
    Case(
        """What is 0.1 + 0.2, and what is 1.1 * 3? Give the exact decimal results of arithmetic, not those
of binary floating point, as JSON numbers under the keys "sum" and "product". Output JSON only.""",
        {"sum": 0.3, "product": 3.3},
    ),
    Case(
        """Convert this record, in which Y and N stand for true and false, counts are integers and a dash
stands for null:

active=Y; admin=N; retries=1; failures=0; last_login=-; label=Y

The field "label" is the exception: it is a text, kept as it is. One JSON object with these six keys, and
only that.""",
        {
            "active": True,
            "admin": False,
            "retries": 1,
            "failures": 0,
            "last_login": None,
            "label": "Y",
        },
    ),
    Case(
        """A probe measured 6.02e3 volts for 1.5e-3 seconds, 250 times. Give JSON with "volts", "seconds"
and "count" as numbers, and "written" as an array of the three numbers as strings in plain decimal
notation without exponent, for instance "0.05", with no superfluous zeros. JSON only.""",
        {"volts": 6020, "seconds": 0.0015, "count": 250, "written": ["6020", "0.0015", "250"]},
    ),
)


def shown(words: str, schema: dict[str, Json], target: Json, *, exact: bool = False) -> Case:
    """A case whose prompt shows a schema; `exact` where its words leave one document that is right."""
    closing = "Reply with one JSON document that is valid against it, and with JSON only."
    pretty = json.dumps(schema, indent=2, ensure_ascii=False)
    prompt = f"{words}\n\nThis is the JSON Schema:\n\n{pretty}\n\n{closing}"
    return Case(prompt, target, None if exact else schema)


HEX = {"type": "string", "pattern": "^#[0-9a-f]{6}$"}
NODE = closed({"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}})

CONSTRAINTS = (
    shown(
        "Invent an article for the catalogue of a shop for sailors.",
        closed(
            {
                "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}-[a-z]$"},
                "title": text(5, 60),
                "status": one_of("in_stock", "on_order", "sold_out"),
                "price_cents": {"type": "integer", "minimum": 100, "maximum": 99999},
                "currency": {"const": "NOK"},
                "sizes": {
                    "type": "array",
                    "items": one_of("S", "M", "L", "XL"),
                    "minItems": 2,
                    "uniqueItems": True,
                },
            }
        ),
        {
            "sku": "JKT-2041-b",
            "title": "Oilskin jacket with a storm collar",
            "status": "in_stock",
            "price_cents": 89900,
            "currency": "NOK",
            "sizes": ["S", "M", "L"],
        },
    ),
    Case(
        """Describe this event as JSON with the keys "title", "date" (YYYY-MM-DD), "starts" and "ends"
(HH:MM, 24 hours), "duration_min" (an integer) and "weekday" (English, small letters):

The "Night of the Lanterns" is on the first Saturday of June 2024 and runs from a quarter to nine in the
evening until twenty past eleven. 1 June 2024 is a Saturday.

Only the JSON object, no other output.""",
        {
            "title": "Night of the Lanterns",
            "date": "2024-06-01",
            "starts": "20:45",
            "ends": "23:20",
            "duration_min": 155,
            "weekday": "saturday",
        },
        closed(
            {
                "title": {"const": "Night of the Lanterns"},
                "date": {"type": "string", "format": "date", "const": "2024-06-01"},
                "starts": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "const": "20:45"},
                "ends": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "const": "23:20"},
                "duration_min": {"type": "integer", "const": 155},
                "weekday": {"enum": ["saturday"]},
            }
        ),
    ),
    shown(
        "Give a palette for a poster about a lighthouse: exactly five different colours, "
        "the darkest of which you name.",
        closed(
            {
                "colours": {
                    "type": "array",
                    "items": HEX,
                    "minItems": 5,
                    "maxItems": 5,
                    "uniqueItems": True,
                },
                "darkest": HEX,
                "mood": one_of("calm", "stormy", "festive"),
            }
        ),
        {
            "colours": ["#0b1f33", "#c8102e", "#f4f1e8", "#5b7f95", "#e0a526"],
            "darkest": "#0b1f33",
            "mood": "stormy",
        },
    ),
    shown(
        "Payments are recorded in one of two forms. "
        "Record a payment of 41.50 by card, the card ending in 0093.",
        {
            "oneOf": [
                closed({"method": {"const": "cash"}, "amount": {"type": "number"}}),
                closed(
                    {
                        "method": {"const": "card"},
                        "amount": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5},
                        "last4": {"type": "string", "pattern": "^[0-9]{4}$"},
                    }
                ),
            ],
        },
        {"method": "card", "amount": 41.5, "last4": "0093"},
        exact=True,
    ),
    shown(
        "Write down three measuring stations and how many metres above the sea each of them lies. "
        "Invent names and heights.",
        {
            "type": "object",
            "propertyNames": {"pattern": "^st_[a-z]{3,12}$"},
            "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 4000, "multipleOf": 5},
            "minProperties": 3,
            "maxProperties": 3,
        },
        {"st_gannet": 35, "st_fellside": 410, "st_ridge": 1215},
    ),
    shown(
        "Give one row of a ledger: "
        "who, how many, whether it was paid, and remarks (none, or as many as you like).",
        {
            "type": "array",
            "prefixItems": [
                text(2, 40),
                {"type": "integer", "minimum": 1},
                {"type": "boolean"},
            ],
            "items": text(),
            "minItems": 3,
        },
        ["Widow Harkness", 12, False, "asked for time until Easter"],
    ),
    shown(
        "Build a linked list of the three numbers 4, 8 and 15, in this order.",
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "#/$defs/node",
            "$defs": {"node": NODE},
        },
        {"value": 4, "next": {"value": 8, "next": {"value": 15, "next": None}}},
        exact=True,
    ),
    shown(
        "Suggest a password.",
        closed(
            {
                "password": {
                    "type": "string",
                    "pattern": '^[A-Za-z0-9"\\\\]{12}$',
                    "allOf": [{"pattern": "[A-Z]"}, {"pattern": "[0-9]"}, {"pattern": '["\\\\]'}],
                },
                "length": {"const": 12},
                "expires": {"type": "null"},
            }
        ),
        {"password": 'Gull"7north\\', "length": 12, "expires": None},
    ),
    shown(
        "Fill in a shipment that goes abroad, with made-up contents. "
        "A shipment abroad needs a customs declaration.",
        {
            "type": "object",
            "properties": {
                "abroad": {"const": True},
                "weight_kg": {"type": "number", "exclusiveMinimum": 0, "maximum": 30},
                "contents": {"type": "array", "items": text(2, 60), "minItems": 1, "maxItems": 4},
                "customs": closed(
                    {
                        "form": one_of("CN22", "CN23"),
                        "value_eur": {"type": "integer", "minimum": 1},
                        "gift": {"type": "boolean"},
                    }
                ),
            },
            "required": ["abroad", "weight_kg", "contents"],
            "additionalProperties": False,
            "if": {"properties": {"abroad": {"const": True}}},
            "then": {"required": ["customs"]},
        },
        {
            "abroad": True,
            "weight_kg": 1.4,
            "contents": ["two woollen hats", "a jar of cloudberries"],
            "customs": {"form": "CN22", "value_eur": 38, "gift": True},
        },
    ),
    shown(
        "Name four numbers for a raffle.",
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 1000, "maximum": 1999, "multipleOf": 7},
            "contains": {"const": 1001},
            "minItems": 4,
            "maxItems": 4,
            "uniqueItems": True,
        },
        [1001, 1008, 1400, 1995],
    ),
    Case(
        """Sort each ticket into exactly one of the queues "billing", "network", "hardware" and "other",
and give a priority from 1 (now) to 3 (later): 1 if something stands still, 3 if it is only a wish or a
question, 2 otherwise.

T-31: The whole second floor has been offline since eight.
T-32: Could we get a darker theme some day?
T-33: The scanner's lid is broken off, it still scans.
T-34: We were charged twice for March.

Return a JSON array of objects with "id", "queue" and "priority", in the order of the ids. Only JSON.""",
        [
            {"id": "T-31", "queue": "network", "priority": 1},
            {"id": "T-32", "queue": "other", "priority": 3},
            {"id": "T-33", "queue": "hardware", "priority": 2},
            {"id": "T-34", "queue": "billing", "priority": 2},
        ],
    ),
)

CASES = {"numbers": NUMBERS, "constraints": CONSTRAINTS}
