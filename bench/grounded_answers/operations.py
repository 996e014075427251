"""Passage sets about running things: a cloud contract, a move between halls, experiments with a model."""

from bench.grounded_answers.case import PassageSet, Question, day_after

CONTRACT = PassageSet(
    "corvane contract",
    {
        "agreement": """Agreement between Corvane Cloud and Ostwick Press, 3 October 2030. Corvane promises
that the managed database is available for 99.9 % of each calendar month. Below that it credits 10 % of the
month's fee for the service, below 99.0 % it credits 25 %. A credit must be claimed within 30 days after the
month's last day. Maintenance that was announced at least 5 days ahead is not counted as an outage.""",
        "annex": """Annex 2 to the agreement of Corvane Cloud and Ostwick Press, in force from 1 January 2032.
For the object store Corvane promises 99.95 % a month. For the managed database the lower of the two credits
is raised by 5 points, to 15 %; the rest of the agreement stays as it is.""",
        "invoice": """Corvane Cloud, invoice to Ostwick Press for March 2032, due on 14 April 2032.
managed database   EUR 4,800
object store       EUR 1,150
support            EUR   600
total              EUR 6,550""",
        "report": """Corvane Cloud, service report for March 2032. Managed database: outage of 40 minutes on
11 March, outage of 39 minutes on 23 March, and maintenance of 62 minutes on 27 March, which was announced
on 25 March. Object store: available for 99.97 % of the month. All figures were agreed with the customer.""",
        "support": """Support handbook of Corvane Cloud. Severity 1 is answered within 15 minutes, day and
night; severity 2 within 4 hours on working days. For Ostwick Press, Linnea Prowse may open tickets of
severity 1; everybody may open the others.""",
    },
    (
        Question(
            "The managed database was available for less than 99.9 % and more than 99.0 % of March 2032. "
            "What "
            "credit in EUR could Ostwick Press claim for it? Give the number alone.",
            "two passages",
            "hard",
            {
                "annex": "the lower of the two credits is raised by 5 points, to 15 %",
                "invoice": "managed database EUR 4,800",
            },
            ("480", "982.50", "1200"),
            "720",
            ("EUR 720", "720 EUR", "720.00"),
            derive=lambda: 4800 * 15 // 100,
        ),
        Question(
            "By which date did a credit for March 2032 have to be claimed? Give it as YYYY-MM-DD.",
            "calculation",
            "medium",
            {"agreement": "claimed within 30 days after the month's last day"},
            ("2032-04-14", "2032-03-31"),
            "2032-04-30",
            derive=lambda: day_after("2032-03-31", 30),
        ),
        Question(
            "For how many minutes of March 2032 was the managed database down, counted as the agreement "
            "wants "
            "it? Give the number alone.",
            "exception",
            "hard",
            {
                "report": "maintenance of 62 minutes on 27 March, which was announced on 25 March",
                "agreement": "announced at least 5 days ahead is not counted as an outage",
            },
            ("79", "62"),
            "141",
            ("141 minutes",),
            derive=lambda: 40 + 39 + 62,
        ),
        Question(
            "What availability of the object store does Corvane promise, in percent? Give the number alone.",
            "lookup",
            "easy",
            {"annex": "For the object store Corvane promises 99.95 % a month"},
            ("99.97", "99.9"),
            "99.95",
            ("99.95%", "99.95 %"),
        ),
        Question(
            "For how many minutes was the managed database down in April 2032? Give the number alone.",
            "other time",
            "easy",
            {"report": "outage of 40 minutes on 11 March, outage of 39 minutes on 23 March"},
            ("79", "40"),
            absent=(r"on \d+ April[^.]*minutes", r"report for April"),
        ),
        Question(
            "Who signed the agreement with Corvane Cloud of October 2030 for Ostwick Press? Give first "
            "and last name.",
            "missing detail",
            "medium",
            {"support": "For Ostwick Press, Linnea Prowse may open tickets"},
            ("Linnea Prowse",),
            absent=(r"(?i)sign",),
        ),
    ),
)

MOVE = PassageSet(
    "lumenfjord move",
    {
        "plan C": """Lumenfjord, plan of the move from hall Aske to hall Brim, revision C of 5 May 2033. It
replaces all revisions before. All times are local, which in May is UTC+2.
night 1   from 14 May, 22:00   racks 1 to 12
night 2   from 21 May, 22:00   racks 13 to 30
night 3   from 28 May, 22:00   racks 31 to 36""",
        "plan B": """Lumenfjord, plan of the move from hall Aske to hall Brim, revision B of 20 April 2033.
All times are local, which in May is UTC+2.
night 1   from 7 May, 21:00    racks 1 to 18
night 2   from 14 May, 21:00   racks 19 to 30
night 3   from 21 May, 21:00   racks 31 to 36""",
        "log": """Log of night 1, by Birk Solheim, local times. Start at 22:10 on 14 May 2033, end at 03:25.
Racks 1 to 11 stand in Brim and run. Rack 12 stays in Aske, since its power supply does not fit; it will be
moved in night 3, with a new one.""",
        "contacts": """Contacts of the move: Birk Solheim for the building, Asta Grue for the network, Ivo
Renner for storage. An emergency stop may be called by the building or by storage, and by nobody else. The
guard at the gate has a list of number plates.""",
        "halls": """The halls of Lumenfjord. Aske was built in 2014, has places for 40 racks and allows 11 kW
a rack. Brim was built in 2032, has places for 48 racks, allows 15 kW a rack and is cooled with sea water.
Both have two feeds of electricity.""",
    },
    (
        Question(
            "On which date does night 2 of the move begin, by the plan in force? Give it as YYYY-MM-DD.",
            "superseded",
            "easy",
            {"plan C": "night 2 from 21 May, 22:00"},
            ("2033-05-14", "2033-05-28"),
            "2033-05-21",
            derive=lambda: day_after("2033-05-14", 7),
        ),
        Question(
            "At what time did night 1 in fact start, in UTC? Give it as HH:MM.",
            "two passages",
            "medium",
            {"log": "Start at 22:10 on 14 May 2033", "plan C": "which in May is UTC+2"},
            ("22:10", "20:00", "00:10"),
            "20:10",
            ("20:10 UTC",),
            derive=lambda: f"{22 - 2}:10",
        ),
        Question(
            "After night 1, how many racks were to be moved in night 3? Give the number alone.",
            "exception",
            "hard",
            {"log": "it will be moved in night 3", "plan C": "racks 31 to 36"},
            ("6", "36"),
            "7",
            ("seven", "7 racks"),
            derive=lambda: len(range(31, 37)) + 1,
        ),
        Question(
            "Which of the three contacts may not call an emergency stop? Give first and last name.",
            "exception",
            "medium",
            {
                "contacts": "Asta Grue for the network, Ivo Renner for storage. An emergency stop may be "
                "called by "
                "the building or by storage"
            },
            ("Ivo Renner", "Birk Solheim"),
            "Asta Grue",
        ),
        Question(
            "At what local time did night 2 of the move from Aske to Brim in fact end? Give it as HH:MM.",
            "other time",
            "medium",
            {"log": "end at 03:25"},
            ("03:25", "04:00"),
            absent=(r"[Ll]og of night 2",),
        ),
        Question(
            "How many racks in hall Brim belong to customers other than Lumenfjord itself? Give the "
            "number alone.",
            "missing detail",
            "easy",
            {"halls": "has places for 48 racks"},
            ("12", "48"),
            absent=(r"(?i)customer", r"belong"),
        ),
    ),
)

EXPERIMENTS = PassageSet(
    "wrenfield experiments",
    {
        "report 88": """Wrenfield, report on experiment 88, 3 March 2034. Churn model on the feature set F4,
trained on twelve months. AUC on the validation set 0.812, on the test set 0.797. Latency at the 95th
percentile: 38 ms. Threads: 4.""",
        "report 91": """Wrenfield, report on experiment 91, 30 March 2034. Churn model on the feature set F5,
which is F4 without the features that come from the postcode. AUC on the validation set 0.809, on the test
set 0.801. Latency at the 95th percentile: 29 ms. Threads: 4.""",
        "erratum": """Wrenfield, erratum of 2 April 2034. In the report on experiment 88 the two values of AUC
were printed in each other's place. The latency is right as it was printed. Other reports are not
concerned.""",
        "rule": """Wrenfield, release rule. A model may go into production if its AUC on the test set is at
least 0.800 and its latency at the 95th percentile is at most 35 ms. Of several models that may, the one
with the highest AUC on the test set goes.""",
        "catalogue": """Wrenfield, catalogue of features. F3: 54 features, owner Noor Calder. F4: 61 features,
of which 4 come from the postcode, owner Noor Calder. F5: owner Timo Wessel. A feature set needs an owner
and a description before it may be used.""",
    },
    (
        Question(
            "What was the AUC of experiment 88 on the test set, as corrected? Give the number alone.",
            "superseded",
            "hard",
            {
                "erratum": "the two values of AUC were printed in each other's place",
                "report 88": "AUC on the validation set 0.812",
            },
            ("0.797", "0.801"),
            "0.812",
        ),
        Question(
            "How many features does F5 have? Give the number alone.",
            "two passages",
            "medium",
            {
                "report 91": "F4 without the features that come from the postcode",
                "catalogue": "61 features, of which 4 come from the postcode",
            },
            ("61", "54"),
            "57",
            ("57 features",),
            derive=lambda: 61 - 4,
        ),
        Question(
            "The model of which of the experiments 88 and 91 goes into production by the release rule? "
            "Give the "
            "experiment's number alone.",
            "two passages",
            "hard",
            {
                "rule": "its latency at the 95th percentile is at most 35 ms",
                "report 91": "Latency at the 95th percentile: 29 ms",
                "report 88": "Latency at the 95th percentile: 38 ms",
            },
            ("88", "both"),
            "91",
            ("experiment 91",),
            derive=lambda: max((auc, name) for name, auc, ms in ((88, 812, 38), (91, 801, 29)) if ms <= 35)[
                1
            ],
        ),
        Question(
            "Who owns the feature set F5? Give first and last name.",
            "lookup",
            "easy",
            {"catalogue": "F5: owner Timo Wessel"},
            ("Noor Calder",),
            "Timo Wessel",
        ),
        Question(
            "What was the AUC of experiment 90 on the test set? Give the number alone.",
            "other thing",
            "easy",
            {"report 91": "on the test set 0.801"},
            ("0.801", "0.797"),
            absent=(r"(?i)experiment 90",),
        ),
        Question(
            "What was the latency of experiment 91's model at the 99th percentile, in ms? Give the number "
            "alone.",
            "missing detail",
            "hard",
            {"report 91": "Latency at the 95th percentile: 29 ms"},
            ("29", "38"),
            absent=(r"99th",),
        ),
    ),
)

SETS = (CONTRACT, MOVE, EXPERIMENTS)
