"""The end of a journal that may not stay: a complete run's whose text is not kept (a sealed suite, or
`store_text = false`), and that of a run whose text was dropped.

What was received is in the tables by then, without its text. A note takes the journal's place first, so that
a run whose journal went is known as such, also where its removal was cut short: nobody asks its calls again.
"""

from pathlib import Path

from tasks.call.journal_reader import journal_files
from warehouse.durable import fsync_file, fsync_folder, writing

NOTE = "removed.txt"
TEXT = """This run asked a sealed suite, or was told to keep no text, and is complete, so its journal was
removed when it was committed: it held what must not lie about in clear. Grades, tokens, times and costs are
in the tables. The run cannot be graded or landed again, and its failed calls cannot be asked again; a new run
can.
"""
DROPPED = """The text of this run was dropped by `nightbench forget`, and its journal with it. Grades, tokens,
times and costs are in the tables. The run cannot be graded or landed again, and goes on no more; a new run
can.
"""
REMEDY = "The run is committed; its journal still holds text that is not kept. Mend that, and resume the run."


def journal_went(folder: Path) -> bool:
    """Whether the journal of this run was removed, or is being removed."""
    return (folder / NOTE).exists()


def remove_journal(folder: Path, why: str = TEXT) -> None:
    """Remove the journal's files for good; what was begun before is brought to its end. `why` is left there.

    Raises: WarehouseError: the disk refuses.
    """
    with writing(folder, REMEDY):
        if not journal_went(folder):
            aside = folder / f".{NOTE}"
            aside.write_text(why, encoding="utf-8")
            fsync_file(aside)
            aside.replace(folder / NOTE)
            fsync_folder(folder)
        for path in journal_files(folder):
            path.unlink()
        fsync_folder(folder)
