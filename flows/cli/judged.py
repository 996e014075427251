"""How a run's comparisons look on a terminal and in JSON."""

from dataclasses import asdict

from flows.cli.show import print_table, say
from flows.pages.judged import read_judged
from tasks.home import Home


def say_judged(home: Home, run_id: str) -> None:
    """Win rates, ratings and agreement of judges as tables; nothing where no judge compared."""
    judged = read_judged(home, run_id)
    for table in judged.tables():
        print_table(table.title, table.rows, right=table.right)
    for sentence in judged.notes():
        say(sentence)


def judged_json(home: Home, run_id: str) -> dict[str, object]:
    """The same under the key `judged`; empty where no judge compared."""
    judged = read_judged(home, run_id)
    if not judged.found and not judged.scored:
        return {}
    return {"judged": {**asdict(judged.found), **asdict(judged.scored), "notes": judged.notes()}}
