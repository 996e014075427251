"""A reader of registers who has the text alone: what each line says, and the answer to a question."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
DAY = r"\d{1,2} [A-Z][a-z]+ 20\d\d"
WORK, OFFICE, WHO = r"[Tt]he (?P<work>[A-Z].+?)", r"the Office of \w+", r"[A-Z]\w+ [A-Z]\w+"
SAYS = {
    "budget": (
        rf"The Board grants {WORK} a budget of (?P<n>\d+) crowns\.",
        rf"A budget of (?P<n>\d+) crowns is set for {WORK}\.",
        rf"For {WORK}, (?P<n>\d+) crowns are put into the budget\.",
        rf"The budget of {WORK} is now (?P<n>\d+) crowns\.",
        rf"From today, (?P<n>\d+) crowns is the budget of {WORK}\.",
        rf"The Board changes the budget of {WORK} to (?P<n>\d+) crowns\.",
    ),
    "more": (
        rf"The budget of {WORK} is raised by (?P<n>\d+) crowns\.",
        rf"To the budget of {WORK} are added (?P<n>\d+) crowns\.",
        rf"{WORK} is given (?P<n>\d+) crowns more\.",
    ),
    "less": (
        rf"The budget of {WORK} is cut by (?P<n>\d+) crowns\.",
        rf"From the budget of {WORK} are taken (?P<n>\d+) crowns\.",
        rf"{WORK} is given (?P<n>\d+) crowns less\.",
    ),
    "office": (
        rf"{WORK} is under (?P<to>{OFFICE}) from today\.",
        rf"From today (?P<to>{OFFICE}) is in charge of {WORK}\.",
        rf"The Board puts {WORK} under (?P<to>{OFFICE})\.",
    ),
    "head": (
        rf"(?P<to>{WHO}) becomes head of (?P<of>{OFFICE})\.",
        rf"The Board appoints (?P<to>{WHO}) to head (?P<of>{OFFICE})\.",
        rf"As head of (?P<of>{OFFICE}), (?P<to>{WHO}) takes the oath\.",
    ),
    "paid": (
        r"Voucher (?P<of>\d+): (?P<n>\d+) crowns to (?P<to>.+?) for .+?\.",
        r"(?P<to>[A-Z].+?) is paid (?P<n>\d+) crowns for .+? \(voucher (?P<of>\d+)\)\.",
        r"For .+?, (?P<n>\d+) crowns go to (?P<to>.+?) by voucher (?P<of>\d+)\.",
    ),
    "void": (
        r"Voucher (?P<of>\d+) is cancelled\.",
        r"The Board declares voucher (?P<of>\d+) void\.",
        r"Nothing is owed on voucher (?P<of>\d+), which is struck out\.",
    ),
    "mended": (
        r"Voucher (?P<of>\d+) is corrected from \d+ to (?P<n>\d+) crowns\.",
        r"On voucher (?P<of>\d+), \d+ crowns should read (?P<n>\d+) crowns\.",
        r"Voucher (?P<of>\d+) was entered with \d+ crowns in error; it is for (?P<n>\d+) crowns\.",
    ),
    "limit": (
        r"The limit above which a voucher needs two signatures is (?P<n>\d+) crowns\.",
        r"Two signatures are needed on vouchers above (?P<n>\d+) crowns, from today\.",
        r"From today the limit for a single signature is (?P<n>\d+) crowns\.",
    ),
    "late": (
        rf"Entered late: {WORK} was inspected on (?P<day>{DAY})\.",
        rf"Entered late: the inspectors went over {WORK} on (?P<day>{DAY})\.",
        rf"Entered late: the inspection of {WORK} took place on (?P<day>{DAY})\.",
    ),
    "seen": (
        rf"{WORK} was inspected today\.",
        rf"Today the inspectors went over {WORK}\.",
        rf"The inspection of {WORK} took place today\.",
    ),
    "survey": (
        rf"Of {WORK} a depth of \d+ feet was given in error; it is (?P<n>\d+) feet\.",
        rf"The depth of {WORK}, given as \d+ feet, is corrected to (?P<n>\d+) feet\.",
        rf"A new survey corrects the depth of {WORK} from \d+ to (?P<n>\d+) feet\.",
    ),
    "depth": (
        rf"{WORK} is reported to be (?P<n>\d+) feet deep\.",
        rf"The depth of {WORK} is given as (?P<n>\d+) feet\.",
        rf"The surveyors put the depth of {WORK} at (?P<n>\d+) feet\.",
    ),
}
LINE = re.compile(rf"(?P<day>{DAY})\. (?P<text>.+)")


def day_of(text: str) -> date:
    day, month, year = text.split()
    return date(int(year), MONTHS.index(month) + 1, int(day))


@dataclass
class Reader:
    """What was read, in the order of the lines."""

    budgets: dict[str, list[tuple[date, str, int]]] = field(default_factory=lambda: defaultdict(list))
    office: dict[str, str] = field(default_factory=dict)
    head: dict[str, str] = field(default_factory=dict)
    paid: dict[str, tuple[date, str, int]] = field(default_factory=dict)
    stands: dict[str, int] = field(default_factory=dict)
    limits: list[tuple[date, int]] = field(default_factory=list)
    inspected: dict[str, date] = field(default_factory=dict)
    depths: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    corrected: set[str] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)

    def read(self, document: str) -> "Reader":
        for line in document.split("\n"):
            found = LINE.fullmatch(line)
            if found:
                self._take(day_of(found["day"]), found["text"])
        return self

    def answer(self, question: str) -> str:
        if asked := re.fullmatch(r"What is the budget of the (.+), in crowns, at the end .+", question):
            return str(self._budget(asked[1], date.max))
        if asked := re.fullmatch(rf"What was the budget of the (.+), in crowns, on ({DAY})\?", question):
            return str(self._budget(asked[1], day_of(asked[2])))
        if asked := re.fullmatch(r"Who heads, .+, the office that the (.+) is then under\?", question):
            return self.head[self.office[asked[1]]]
        if asked := re.fullmatch(r"Which of these was inspected first: (.+)\?", question):
            return min(self._listed(asked[1]), key=lambda work: self.inspected[work])
        if asked := re.fullmatch(r"Of one of these the register gives .+: (.+)\. Which one\?", question):
            [work] = [
                w for w in self._listed(asked[1]) if len(self.depths[w]) > 1 and w not in self.corrected
            ]
            return work
        if asked := re.fullmatch(r"How many crowns did (.+) get in all\? .+", question):
            return str(sum(self.stands[of] for of, (_, firm, _) in self.paid.items() if firm == asked[1]))
        asked = re.fullmatch(r"How many of the vouchers to (.+) needed two signatures\? .+", question)
        assert asked, question
        return str(
            sum(
                crowns > [limit for since, limit in self.limits if since <= day][-1]
                for day, firm, crowns in self.paid.values()
                if firm == asked[1]
            )
        )

    def _listed(self, works: str) -> list[str]:
        return [work.removeprefix("the ") for work in re.split(r", | or ", works)]

    def _budget(self, work: str, until: date) -> int:
        crowns = 0
        for day, how, n in self.budgets[work]:
            if day <= until:
                crowns = n if how == "budget" else crowns + n if how == "more" else crowns - n
        return crowns

    def _take(self, day: date, text: str) -> None:
        for what, patterns in SAYS.items():
            for pattern in patterns:
                found = re.match(pattern, text)
                if found:
                    self._note(day, what, found.groupdict())
                    return
        self.unread.append(text)

    def _note(self, day: date, what: str, said: dict[str, str]) -> None:
        work, of, to, n = said.get("work", ""), said.get("of", ""), said.get("to", ""), int(said.get("n", 0))
        match what:
            case "budget" | "more" | "less":
                self.budgets[work].append((day, what, n))
            case "office":
                self.office[work] = to
            case "head":
                self.head[of] = to
            case "paid":
                self.paid[of], self.stands[of] = (day, to, n), n
            case "void" | "mended":
                self.stands[of] = n
            case "limit":
                self.limits.append((day, n))
            case "late" | "seen":
                self.inspected[work] = day_of(said["day"]) if what == "late" else day
            case _:
                self.depths[work].add(n)
                if what == "survey":
                    self.corrected.add(work)
