"""Passage sets about services and products: sensors, an API's plans, a database's releases."""

from bench.grounded_answers.case import PassageSet, Question

SENSORS = PassageSet(
    "bellhaven sensors",
    {
        "contract": """Bellhaven Water, contract of the sensor feed. Sensors of series K2 report the flow in
litres a minute, once every 15 minutes. Sensors of series K5 report it in cubic metres an hour, once a
minute. All times are UTC. A reading of -1 means that the sensor is asleep; it is no flow.""",
        "rules": """Quality rules of 11 August 2032. A K5 reading above 90 is flagged as a spike. A K2 station
is called silent after three missing reports in a row. Readings that are flagged stay in the bronze layer
and do not reach silver.""",
        "stations": """Stations as of December 2032.
07  Ferrow Lock    K2 since 2029
12  Ember Weir     K5 since 2031
19  Ferrow Mill    K5 since 2030, before that K2
23  Ansel Bridge   K2 since 2032""",
        "incident": """Incident of 4 September 2032. After a change of its battery, Ember Weir reported -1 for
50 minutes. The dashboard drew this as water running backwards, because the silver job, then version 2.2.7,
did not know the rule for -1. Mended in silver job 2.3.1 on 6 September 2032.""",
        "plan": """Plan for 2033. If the budget is approved in January, all K2 sensors are replaced by K5
before the end of 2033. The threshold for spikes may then be lowered; tests will show by how much. The bronze
layer moves to cheaper storage in any case.""",
    },
    (
        Question(
            "How many reports does the station Ansel Bridge send in 24 hours when none is missing? Give the "
            "number alone.",
            "two passages",
            "medium",
            {"stations": "Ansel Bridge K2 since 2032", "contract": "once every 15 minutes"},
            ("1440", "24"),
            "96",
            ("96 reports",),
            derive=lambda: 24 * 60 // 15,
        ),
        Question(
            "In which version of the silver job was the handling of -1 mended? Give the version alone.",
            "lookup",
            "easy",
            {"incident": "Mended in silver job 2.3.1"},
            ("2.2.7", "2.3"),
            "2.3.1",
            ("version 2.3.1", "silver job 2.3.1"),
        ),
        Question(
            "A sensor at Ferrow Lock reports 250. How many cubic metres an hour is that? Give the number "
            "alone.",
            "calculation",
            "hard",
            {
                "contract": "Sensors of series K2 report the flow in litres a minute",
                "stations": "Ferrow Lock K2 since 2029",
            },
            ("250", "4.17"),
            "15",
            ("15.0",),
            derive=lambda: 250 * 60 // 1000,
        ),
        Question(
            "Which station once had a sensor of another series than in December 2032? Give its name alone.",
            "table",
            "medium",
            {"stations": "Ferrow Mill K5 since 2030, before that K2"},
            ("Ferrow Lock", "Ember Weir"),
            "Ferrow Mill",
            ("19 Ferrow Mill",),
        ),
        Question(
            "By the quality rules of August 2032, above which value is a K2 reading flagged as a spike? "
            "Give the number alone.",
            "other thing",
            "medium",
            {"rules": "A K5 reading above 90 is flagged as a spike"},
            ("90", "1500"),
            absent=(r"K2 reading", r"(?:each|every|any) reading above"),
        ),
        Question(
            "On which date in 2033 were the last K2 sensors of Bellhaven Water replaced by K5? Give it as "
            "YYYY-MM-DD.",
            "false premise",
            "hard",
            {"plan": "all K2 sensors are replaced by K5 before the end of 2033"},
            ("2033-12-31", "end of 2033"),
            absent=(r"(?:was|were|have been) replaced", r"last K2"),
        ),
    ),
)

PLANS = PassageSet(
    "parcelmint plans",
    {
        "prices": """Parcelmint, prices from 1 May 2032, per month.
plan     fee    labels included  each label more  requests a minute
Sprig    EUR 19    200              EUR 0.14          60
Branch   EUR 79    1,500            EUR 0.09          300
Trunk    EUR 240   6,000            EUR 0.06          900""",
        "old prices": """Parcelmint, prices until 30 April 2032, per month.
plan     fee    labels included  each label more  requests a minute
Sprig    EUR 15    150              EUR 0.15          60
Branch   EUR 69    1,200            EUR 0.10          240
Trunk    EUR 210   5,000            EUR 0.07          600""",
        "terms": """Parcelmint, terms. Customers who signed a yearly contract before 1 May 2032 keep the old
prices until the contract's year ends; the numbers of requests a minute follow the new table for everybody
from 1 May 2032 on. A label that is voided within 24 hours is not counted.""",
        "limits": """Parcelmint, developer guide. A client beyond its requests a minute gets the status 429
and the header retry-in, in seconds. Batches of up to 50 labels count as one request. The sandbox allows 30
requests a minute, whatever the plan, and prints SAMPLE on each label.""",
        "case": """Customer story: Hollins & Daughter, a maker of candles in Ryde, signed a yearly contract
for Branch on 1 November 2031. In June 2032 it sent 1,700 parcels, its record. "Batches saved us," says Ada
Hollins, who does the shipping herself.""",
    },
    (
        Question(
            "What is the fee of the plan Trunk per month in August 2032 for a new customer, in EUR? Give the "
            "number alone.",
            "superseded",
            "easy",
            {"prices": "Trunk EUR 240"},
            ("210", "79"),
            "240",
            ("EUR 240", "240 EUR"),
        ),
        Question(
            "How many requests a minute could Hollins & Daughter send in production in June 2032? Give the "
            "number alone.",
            "exception",
            "hard",
            {
                "case": "signed a yearly contract for Branch on 1 November 2031",
                "terms": "requests a minute follow the new table for everybody from 1 May 2032 on",
                "prices": "Branch EUR 79 1,500 EUR 0.09 300",
            },
            ("240", "30"),
            "300",
            ("300 requests", "300 requests a minute"),
        ),
        Question(
            "A new customer on Sprig makes 260 labels in July 2032 and voids 10 of them within an hour. "
            "What is "
            "the bill of that month in EUR? Give the number with two decimals.",
            "calculation",
            "hard",
            {
                "prices": "Sprig EUR 19 200 EUR 0.14",
                "terms": "A label that is voided within 24 hours is not counted",
            },
            ("27.40", "19.00"),
            "26.00",
            ("EUR 26.00", "26.00 EUR", "26"),
            derive=lambda: f"{19 + (260 - 10 - 200) * 0.14:.2f}",
        ),
        Question(
            "As how many requests does a batch of 35 labels count? Give the number alone.",
            "lookup",
            "easy",
            {"limits": "Batches of up to 50 labels count as one request"},
            ("35", "50"),
            "1",
            ("one", "one request", "1 request"),
            derive=lambda: -(-35 // 50),
        ),
        Question(
            "How many requests a minute does the plan Grove of Parcelmint allow from 1 May 2032 on? Give "
            "the number alone.",
            "false premise",
            "easy",
            {"prices": "Trunk EUR 240 6,000 EUR 0.06 900"},
            ("900", "1200"),
            absent=(r"Grove",),
        ),
        Question(
            "How many labels did Hollins & Daughter void in June 2032? Give the number alone.",
            "missing detail",
            "medium",
            {"case": "In June 2032 it sent 1,700 parcels"},
            ("1700", "0", "24"),
            absent=(r"Hollins[^.]*void", r"voids? \d"),
        ),
    ),
)

RELEASES = PassageSet(
    "gneissbase releases",
    {
        "4.2": """Gneissbase 4.2, released on 8 October 2031. New: materialised views refresh by
themselves. The default of max_spill is now 8 GB. Deprecated: the function guess_date, which goes away in
5.0. This is a release with long support: fixes until 8 October 2034.""",
        "4.3": """Gneissbase 4.3, released on 15 February 2032. New: a planner for star joins. The default of
max_spill is now 12 GB. Known fault: a refresh of a view may hang when the disk is full; mended in 4.3.2.
Fixes until 15 November 2032.""",
        "5.0": """Gneissbase 5.0, released on 1 September 2032. The file format changes: files of 4.x are
read, but files of 5.0 cannot be read by 4.x. The functions guess_date and old_hash are gone. The option
max_spill is now called spill_limit; its default is the same as in 4.3. Fixes until 1 June 2033.""",
        "support": """Support policy of Gneissbase. Releases without long support get fixes for nine months.
The security team answers a report within 3 working days. Paid support, in the tiers Slate and Granite,
adds a telephone line; Granite answers at night as well.""",
        "forum": """Forum, 20 September 2032. Jolie asks: we run 4.2, must we move to 5.0 at once? Answer by
Sander of the core team: no. Stay on 4.2 as long as you like its features. But do replace guess_date by
parse_date now, which exists since 4.1 and behaves alike.""",
    },
    (
        Question(
            "What is the default of spill_limit in Gneissbase 5.0, in GB? Give the number alone.",
            "two passages",
            "medium",
            {"5.0": "its default is the same as in 4.3", "4.3": "The default of max_spill is now 12 GB"},
            ("8", "5"),
            "12",
            ("12 GB",),
        ),
        Question(
            "Which of the releases 4.2, 4.3 and 5.0 is the last to get fixes? Give its number alone.",
            "exception",
            "medium",
            {"4.2": "fixes until 8 October 2034", "5.0": "Fixes until 1 June 2033"},
            ("5.0", "4.3"),
            "4.2",
            ("Gneissbase 4.2",),
            derive=lambda: max(("2034-10-08", "4.2"), ("2032-11-15", "4.3"), ("2033-06-01", "5.0"))[1],
        ),
        Question(
            "Which function should take the place of guess_date? Give its name alone.",
            "lookup",
            "easy",
            {"forum": "replace guess_date by parse_date now"},
            ("old_hash", "spill_limit"),
            "parse_date",
            ("parse_date()",),
        ),
        Question(
            "For how many days were 4.3 and 5.0 both getting fixes, the day on which 5.0 came out and the "
            "last "
            "day of 4.3 included? Give the number alone.",
            "calculation",
            "hard",
            {"5.0": "released on 1 September 2032", "4.3": "Fixes until 15 November 2032"},
            ("75", "90"),
            "76",
            ("76 days",),
            derive=lambda: 30 + 31 + 15,
        ),
        Question(
            "In which release of Gneissbase was the function old_hash first marked as deprecated? Give "
            "its number alone.",
            "missing detail",
            "hard",
            {
                "5.0": "The functions guess_date and old_hash are gone",
                "4.2": "Deprecated: the function guess_date",
            },
            ("4.2", "5.0"),
            absent=(r"[Dd]eprecated[^.]*old_hash",),
        ),
        Question(
            "Within how many working days does paid support in the tier Slate answer a written question? "
            "Give the number alone.",
            "other thing",
            "hard",
            {"support": "The security team answers a report within 3 working days"},
            ("3", "1"),
            absent=(r"Slate (?:answers|replies)", r"Slate[^.]*(?:days|hours)"),
        ),
    ),
)

SETS = (SENSORS, PLANS, RELEASES)
