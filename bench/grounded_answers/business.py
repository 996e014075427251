"""Passage sets about rules and figures: requests for deletion, a close of the books, changes of schemas."""

from datetime import date

from bench.grounded_answers.case import PassageSet, Question, day_after, working_day_after

DELETION = PassageSet(
    "fennimore deletion",
    {
        "P-31": """Fennimore Health, procedure P-31, in force from 1 February 2032. A request for deletion is
confirmed within 3 days and carried out within 21 days, both counted from its arrival. Lab results are kept
for ten years after the sample was taken, whatever the request; the person is told so.""",
        "P-12": """Fennimore Health, procedure P-12, in force until 31 January 2032. A request for deletion is
confirmed within 5 days and carried out within 30 days, both counted from its arrival. Lab results are kept
for eight years after the sample was taken.""",
        "register": """Register of requests, extract of 1 March 2032.
R-201   arrived 2032-01-28   mailing list                     done 2032-02-20
R-202   arrived 2032-02-09   whole account                    open
R-203   arrived 2032-02-11   lab results, sample 2025-06-17   refused
R-204   arrived 2032-02-14   photographs                      done 2032-02-29""",
        "legal": """Note by Rosalind Achterberg, legal department. A request follows to its end the procedure
that was in force when it arrived. A refusal names the day from which deletion is possible. Whoever is not
content with a refusal may write to the supervisory authority.""",
        "systems": """Systems of Fennimore Health. Master data of the account lie in Hearth, letters in Plume,
lab results in Vial. What is deleted in Hearth remains in its backups for another 14 days. Vial has no
backups of its own; it writes to two places.""",
    },
    (
        Question(
            "By which date did request R-201 have to be carried out? Give it as YYYY-MM-DD.",
            "two passages",
            "hard",
            {
                "register": "R-201 arrived 2032-01-28",
                "legal": "the procedure that was in force when it arrived",
                "P-12": "carried out within 30 days",
            },
            ("2032-02-18", "2032-02-20"),
            "2032-02-27",
            derive=lambda: day_after("2032-01-28", 30),
        ),
        Question(
            "By which date did request R-202 have to be carried out? Give it as YYYY-MM-DD.",
            "two passages",
            "medium",
            {"P-31": "carried out within 21 days", "register": "R-202 arrived 2032-02-09"},
            ("2032-03-10", "2032-02-12"),
            "2032-03-01",
            derive=lambda: day_after("2032-02-09", 21),
        ),
        Question(
            "In which system do lab results lie? Give its name alone.",
            "lookup",
            "easy",
            {"systems": "lab results in Vial"},
            ("Hearth", "Plume"),
            "Vial",
        ),
        Question(
            "How many days after its arrival was request R-204 done? Give the number alone.",
            "calculation",
            "medium",
            {"register": "R-204 arrived 2032-02-14 photographs done 2032-02-29"},
            ("14", "21"),
            "15",
            ("15 days",),
            derive=lambda: (date(2032, 2, 29) - date(2032, 2, 14)).days,
        ),
        Question(
            "In which system did the photographs lie that request R-204 was about? Give its name alone.",
            "other thing",
            "medium",
            {"systems": "letters in Plume, lab results in Vial"},
            ("Hearth", "Plume"),
            absent=(r"photographs? (?:lie|lies|are|is|in)\b",),
        ),
        Question(
            "On which date was the deletion that request R-202 asked for carried out? Give it as YYYY-MM-DD.",
            "false premise",
            "hard",
            {"register": "R-202 arrived 2032-02-09 whole account open"},
            ("2032-03-01", "2032-02-29"),
            absent=(r"R-202[^R]*done",),
        ),
    ),
)

CLOSE = PassageSet(
    "castellane close",
    {
        "calendar": """Castellane Foods, calendar of the close. The books of a month are closed by the end of
the sixth working day of the next month; working days are Monday to Friday. Foreign sales are converted at
the final rates of the month's end, which the treasury publishes.""",
        "final": """Treasury of Castellane Foods, rates at the end of June 2032, final, 2 July 2032.
1 GBP = 1.18 EUR
1 USD = 0.92 EUR
1 CHF = 1.05 EUR""",
        "preliminary": """Treasury of Castellane Foods, rates at the end of June 2032, preliminary, 30 June
2032, for planning only.
1 GBP = 1.16 EUR
1 USD = 0.94 EUR
1 CHF = 1.05 EUR""",
        "sales": """Castellane Foods, sales of June 2032 in the company's own currency.
company             all sales       of these to sister companies
Castellane UK       2,500,000 GBP   300,000 GBP
Castellane US       3,000,000 USD   none
Castellane Alpine   1,200,000 CHF   none
Castellane Iberia   4,100,000 EUR   none""",
        "minutes": """Minutes of the finance round, 12 July 2032. The close of June ended one working day
later than the calendar wants, because the figures of Iberia came only that morning. From July on Iberia
keeps its books in Tallybook. The controller, Delphine Aurig, thanks the team.""",
    },
    (
        Question(
            "What were the sales of Castellane US in June 2032 in EUR, converted as the calendar wants "
            "it? Give "
            "the number alone.",
            "superseded",
            "medium",
            {"final": "1 USD = 0.92 EUR", "sales": "3,000,000 USD", "calendar": "at the final rates"},
            ("2820000", "3000000"),
            "2760000",
            ("2,760,000 EUR", "EUR 2,760,000"),
            derive=lambda: 3_000_000 * 92 // 100,
        ),
        Question(
            "What were the sales of Castellane UK in June 2032 in EUR, those to sister companies left out "
            "and "
            "converted as the calendar wants it? Give the number alone.",
            "calculation",
            "hard",
            {"sales": "2,500,000 GBP 300,000 GBP", "final": "1 GBP = 1.18 EUR"},
            ("2950000", "2552000"),
            "2596000",
            ("2,596,000 EUR", "EUR 2,596,000"),
            derive=lambda: (2_500_000 - 300_000) * 118 // 100,
        ),
        Question(
            "On which date did the close of June 2032 in fact end? Give it as YYYY-MM-DD.",
            "two passages",
            "hard",
            {
                "minutes": "one working day later than the calendar wants",
                "calendar": "the sixth working day of the next month",
            },
            ("2032-07-08", "2032-07-12"),
            "2032-07-09",
            derive=lambda: working_day_after("2032-06-30", 6 + 1),
        ),
        Question(
            "In which program does Castellane Iberia keep its books from July 2032 on? Give its name alone.",
            "lookup",
            "easy",
            {"minutes": "Iberia keeps its books in Tallybook"},
            ("treasury", "Alpine"),
            "Tallybook",
        ),
        Question(
            "How many EUR was 1 JPY at the end of June 2032, by the final rates of the treasury? Give the "
            "number alone.",
            "other thing",
            "easy",
            {"final": "1 USD = 0.92 EUR"},
            ("0.92", "0.0062"),
            absent=(r"JPY|(?i:yen)",),
        ),
        Question(
            "What were the sales of Castellane Alpine in May 2032, in CHF? Give the number alone.",
            "other time",
            "medium",
            {"sales": "Castellane Alpine 1,200,000 CHF"},
            ("1,200,000", "1200000"),
            absent=(r"\bMay\b",),
        ),
    ),
)

SCHEMAS = PassageSet(
    "sallowby schemas",
    {
        "rules": """Sallowby, rules for schemas. To add an optional field, one approval is enough. To remove
or rename a field, two approvals are needed, and the change is made no earlier than 14 days after the
notice. A change of any kind to a topic of class gold needs the data council's approval as well.""",
        "topics": """Sallowby, list of topics.
orders.v2    gold     team Checkout
clicks.v5    bronze   team Web
stock.v1     silver   team Depot
refunds.v1   gold     team Ledger
visits.v3    bronze   team Web""",
        "request 77": """Change request 77, as of 12 May 2032: remove the field coupon from orders.v2. Notice
given on 3 May 2032. Approved by Ines Faro and by Rolf Tamm. It is on the agenda of the data council for 18
May.""",
        "request 78": """Change request 78, as of 12 May 2032: add the optional field device to clicks.v5.
Approved by Kim Aldous on 4 May 2032, live since 5 May. The field is empty for browsers that do not name
their device.""",
        "request 79": """Change request 79, as of 12 May 2032: rename the field qty of stock.v1 to quantity.
Notice given on 10 May 2032. Approved by Greta Holm on 11 May; the second approval is awaited. Depot asks
for a day without deliveries.""",
    },
    (
        Question(
            "On which date can change request 79 be made at the earliest, if its second approval comes on 20 "
            "May 2032? Give it as YYYY-MM-DD.",
            "two passages",
            "medium",
            {
                "request 79": "Notice given on 10 May 2032",
                "rules": "no earlier than 14 days after the notice",
            },
            ("2032-05-20", "2032-05-25", "2032-06-03"),
            "2032-05-24",
            derive=lambda: max(day_after("2032-05-10", 14), date(2032, 5, 20)),
        ),
        Question(
            "Whose approval did change request 77 still need on 12 May 2032? Name the person or body alone.",
            "exception",
            "hard",
            {
                "request 77": "It is on the agenda of the data council",
                "rules": "A change of any kind to a topic of class gold needs the data council's approval "
                "as well",
                "topics": "orders.v2 gold",
            },
            ("Rolf Tamm", "Checkout"),
            "data council",
            ("the data council", "the data council's", "data council's"),
        ),
        Question(
            "How many approvals, the data council's included, does it take to add an optional field to "
            "refunds.v1? Give the number alone.",
            "exception",
            "hard",
            {
                "rules": "one approval is enough",
                "topics": "refunds.v1 gold",
            },
            ("1", "3"),
            "2",
            ("two", "two approvals", "2 approvals"),
            derive=lambda: 1 + 1,
        ),
        Question(
            "Which team has two topics in the list? Give its name alone.",
            "table",
            "easy",
            {"topics": "visits.v3 bronze team Web"},
            ("Checkout", "Depot"),
            "Web",
            ("team Web",),
        ),
        Question(
            "Who gave the second of the two approvals that change request 79 needed? Give first and last "
            "name.",
            "false premise",
            "medium",
            {"request 79": "the second approval is awaited"},
            ("Greta Holm", "Rolf Tamm"),
            absent=(r"second approval (?:was|came|by|from)",),
        ),
        Question(
            "On which date was notice given of change request 78? Give it as YYYY-MM-DD.",
            "missing detail",
            "hard",
            {"request 78": "Approved by Kim Aldous on 4 May 2032, live since 5 May"},
            ("2032-05-04", "2032-05-05", "4 May 2032"),
            absent=(r"request 78[^:]*:[^:]*?[Nn]otice given[^:]*device",),
        ),
    ),
)

SETS = (DELETION, CLOSE, SCHEMAS)
