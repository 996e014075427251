"""Passage sets about data platforms: retention, an incident, a change of scheduler."""

from bench.grounded_answers.case import PassageSet, Question, day_after, minutes_between, working_day_after

RETENTION = PassageSet(
    "quillmere retention",
    {
        "policy 3": """Quillmere data retention policy, version 3, in force from 1 March 2031. Raw events in
the lake are kept for 45 days and then deleted. Curated tables are kept for 26 months. Audit logs are kept
for seven years in the cold store. The policy binds all production accounts; sandboxes follow their own
handbook. An exception needs the signature of the data protection officer and ends 90 days after it was
granted, unless it is renewed.""",
        "policy 2": """Quillmere data retention policy, version 2 (withdrawn when version 3 came into force).
Raw events in the lake are kept for 60 days. Curated tables are kept for 24 months. Audit logs are kept for
five years. An exception needs the signature of the head of platform and ends after 120 days.""",
        "sandbox": """Sandbox handbook. A sandbox account is wiped every Sunday at 02:00 UTC. A table that is
tagged keep=true survives the wipe, but is deleted 30 days after it was made all the same. Nothing in a
sandbox may hold personal data. Requests for a larger sandbox go to the Lantern team, requests for a new
one to the service desk.""",
        "ticket": """Ticket 4417. Marketing asks to keep the raw click events of the spring campaign beyond
the usual term. Granted on 12 May 2031 by the data protection officer, Ilka Brandvold. Not renewed. The
clicks lie in the bucket quill-raw-clicks of the production account.""",
        "minutes": """Minutes of the data council, 9 June 2031. Finance proposes to keep curated tables for
36 months. The council wants an estimate of the cost first and decides nothing. The streaming team reports
that topics in production now hold 72 hours of messages. Next meeting: 7 July 2031.""",
    },
    (
        Question(
            "In June 2031, for how many months does Quillmere keep curated tables? Give the number alone.",
            "superseded",
            "medium",
            {"policy 3": "Curated tables are kept for 26 months"},
            ("24", "36"),
            "26",
            ("26 months",),
        ),
        Question(
            "On which date did the exception for the clicks of the spring campaign end? Give it as "
            "YYYY-MM-DD.",
            "two passages",
            "hard",
            {"ticket": "Granted on 12 May 2031", "policy 3": "ends 90 days after it was granted"},
            ("2031-09-09", "2031-06-26"),
            "2031-08-10",
            derive=lambda: day_after("2031-05-12", 90),
        ),
        Question(
            "Which team receives requests for a larger sandbox? Give its name alone.",
            "lookup",
            "easy",
            {"sandbox": "Requests for a larger sandbox go to the Lantern team"},
            ("service desk", "streaming"),
            "Lantern",
            ("Lantern team", "the Lantern team"),
        ),
        Question(
            "A table made in a sandbox on 4 April 2031 is tagged keep=true. On which date is it deleted? "
            "Give "
            "it as YYYY-MM-DD.",
            "exception",
            "medium",
            {"sandbox": "is deleted 30 days after it was made"},
            ("2031-04-06", "2031-05-19"),
            "2031-05-04",
            derive=lambda: day_after("2031-04-04", 30),
        ),
        Question(
            "For how many hours do topics in Quillmere's staging environment hold messages? Give the number "
            "alone.",
            "other thing",
            "medium",
            {"minutes": "topics in production now hold 72 hours of messages"},
            ("72", "48"),
            absent=(r"(?i)staging",),
        ),
        Question(
            "How many terabytes did the cold store at Quillmere hold in June 2031? Give the number alone.",
            "missing detail",
            "easy",
            {"policy 3": "for seven years in the cold store"},
            ("7", "45"),
            absent=(r"(?i)terabyte|\bTB\b",),
        ),
    ),
)

INCIDENT = PassageSet(
    "brontide incident",
    {
        "final 017": """Brontide Freight, incident review 2032-017, final. On 3 February 2032 the tracking API
returned errors from 06:42 to 09:17 UTC. The cause was the certificate of the internal broker, which had
expired. 1,318 shipments were shown without a position. No data was lost. The on-call engineer was Teodor
Lisk.""",
        "final 021": """Brontide Freight, incident review 2032-021, final. On 19 February 2032 the billing
export ran twice, because a retry was not idempotent. 412 invoices were sent a second time. The customers
were credited by 24 February. The on-call engineer was Maren Oduya.""",
        "first note": """Note on incident 2032-017, written on 3 February 2032 at 10:00 UTC, before the
broker's log was read. First estimate: about 900 shipments are affected. We suspect the release of
tracking-api 5.8 at 06:30. To be replaced by the review.""",
        "actions": """Actions after incident 2032-017, as of 1 April 2032.
A1  alert 30 days before a certificate expires    owner Pavla Renn     due 2032-02-20  done
A2  renew the broker's certificate by itself      owner Teodor Lisk    due 2032-04-30  open
A3  banner in the app when positions are missing  owner Hanne Vogt     due 2032-03-15  dropped""",
        "guide": """On-call guide of Brontide Freight. The on-call engineer acknowledges a page within 10
minutes. After 20 minutes without acknowledgement the page goes to the duty manager. An incident that lasts
for more than two hours gets a review, which is due on the tenth working day after the incident's day.""",
    },
    (
        Question(
            "How many shipments were shown without a position in the incident of 3 February 2032? Give the "
            "number alone.",
            "superseded",
            "easy",
            {"final 017": "1,318 shipments were shown without a position"},
            ("900", "412"),
            "1318",
        ),
        Question(
            "For how many minutes did the tracking API return errors on 3 February 2032? Give the number "
            "alone.",
            "calculation",
            "medium",
            {"final 017": "from 06:42 to 09:17 UTC"},
            ("167", "120"),
            "155",
            ("155 minutes",),
            derive=lambda: minutes_between("06:42", "09:17"),
        ),
        Question(
            "Who owns the action after incident 2032-017 that was still to be done on 1 April 2032? Give "
            "first "
            "and last name.",
            "table",
            "easy",
            {"actions": "owner Teodor Lisk due 2032-04-30 open"},
            ("Hanne Vogt", "Pavla Renn"),
            "Teodor Lisk",
        ),
        Question(
            "On which date was the review of incident 2032-017 due, if every Monday to Friday was a working "
            "day? Give it as YYYY-MM-DD.",
            "two passages",
            "hard",
            {"final 017": "On 3 February 2032", "guide": "on the tenth working day after the incident's day"},
            ("2032-02-13", "2032-02-16"),
            "2032-02-17",
            derive=lambda: working_day_after("2032-02-03", 10),
        ),
        Question(
            "Who was the duty manager of Brontide Freight in the morning of 3 February 2032? Give first "
            "and last name.",
            "missing detail",
            "medium",
            {
                "final 017": "The on-call engineer was Teodor Lisk",
                "guide": "the page goes to the duty manager",
            },
            ("Teodor Lisk", "Maren Oduya"),
            absent=(r"duty manager (?:was|is|on)\b", r"[A-Z]\w+ [A-Z]\w+, (?:the )?duty manager"),
        ),
        Question(
            "How many shipments were shown without a position in incident 2032-021? Give the number alone.",
            "false premise",
            "hard",
            {"final 021": "412 invoices were sent a second time"},
            ("1318", "412"),
            absent=(r"2032-021[^:]*?shipments", r"no shipments?"),
        ),
    ),
)

SCHEDULER = PassageSet(
    "tarnwick scheduler",
    {
        "record 12": """Tarnwick Analytics, decision record 12, adopted on 14 January 2033. Batch jobs move
from the scheduler Cronwell to Orbweave, in three waves. Wave 1: finance, 31 jobs. Wave 2: logistics, 58
jobs. Wave 3: everything else, 104 jobs. Cronwell is switched off on 30 September 2033.""",
        "record 15": """Tarnwick Analytics, decision record 15, adopted on 2 June 2033. It amends record 12:
the second and the third wave change places, so that logistics comes last, and Cronwell is switched off on
15 December 2033. All else in record 12 stays as it is.""",
        "status": """Status of the move to Orbweave, 20 June 2033. The finance wave is finished: 2 of its jobs
were retired, all others moved. The wave after it has begun; 40 of its jobs have moved, none was retired.
Nobody has been paged because of the move.""",
        "notes": """Operating notes for Orbweave. In production there are 6 workers of 16 GB each, in the test
environment 2 workers of 8 GB each. A task that fails is retried 3 times, 5 minutes apart, unless its own
settings say otherwise. Backfills run in the pool slowlane, which has 4 slots.""",
        "proposal": """Proposal to the architecture council: keep Cronwell for logistics until 31 March 2034,
because its warehouse partners cannot test before. Rejected on 2 June 2033, since two schedulers would need
two on-call rotas.""",
    },
    (
        Question(
            "By the decisions in force on 20 June 2033, when is Cronwell switched off? Give it as "
            "YYYY-MM-DD.",
            "superseded",
            "medium",
            {"record 15": "Cronwell is switched off on 15 December 2033"},
            ("2033-09-30", "2034-03-31"),
            "2033-12-15",
        ),
        Question(
            "How many jobs of the second wave still had to move on 20 June 2033? Give the number alone.",
            "two passages",
            "hard",
            {
                "record 12": "Wave 3: everything else, 104 jobs",
                "record 15": "the second and the third wave change places",
                "status": "40 of its jobs have moved, none was retired",
            },
            ("18", "40"),
            "64",
            ("64 jobs",),
            derive=lambda: 104 - 40,
        ),
        Question(
            "How many jobs of the finance wave were moved to Orbweave? Give the number alone.",
            "two passages",
            "medium",
            {
                "record 12": "Wave 1: finance, 31 jobs",
                "status": "2 of its jobs were retired, all others moved",
            },
            ("31", "40"),
            "29",
            ("29 jobs",),
            derive=lambda: 31 - 2,
        ),
        Question(
            "How many gigabytes of memory do Orbweave's workers in production have together? Give the number "
            "alone.",
            "calculation",
            "easy",
            {"notes": "In production there are 6 workers of 16 GB each"},
            ("112", "16"),
            "96",
            ("96 GB", "96 gigabytes"),
            derive=lambda: 6 * 16,
        ),
        Question(
            "How many times does Cronwell, before a job is moved away from it, retry a task that fails? "
            "Give the number alone.",
            "other thing",
            "hard",
            {"notes": "A task that fails is retried 3 times"},
            ("3", "5"),
            absent=(r"Cronwell[^.]*retr", r"retr[^.]*Cronwell"),
        ),
        Question(
            "How many jobs of the logistics wave had moved by 31 August 2033? Give the number alone.",
            "other time",
            "medium",
            {"status": "40 of its jobs have moved", "record 12": "logistics, 58 jobs"},
            ("58", "40"),
            absent=(r"August", r"July"),
        ),
    ),
)

SETS = (RETENTION, INCIDENT, SCHEDULER)
