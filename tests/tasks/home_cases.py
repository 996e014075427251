"""A home with one small suite, for what is planned and prepared without a call."""

from pathlib import Path

from tasks.home import Settings

SUITE = 'name = "sums"\n[params]\nmax_tokens = 64\n[[graders]]\ntype = "numeric"\n'
ROWS = "select 's' || i as sample_id, 'How much is ' || i as input, '1' as target from range({n}) as r(i)"


def settings_with_sums(home: Path, folder: Path, n: int) -> Settings:
    """The settings of a home beside a folder with the suite `sums` of n samples."""
    suite = folder / "suites" / "sums"
    suite.mkdir(parents=True)
    (suite / "suite.toml").write_text(SUITE, encoding="utf-8")
    (suite / "samples.sql").write_text(ROWS.format(n=n), encoding="utf-8")
    found = Settings.read({"NIGHTBENCH_HOME": str(home)}, (suite.parent,))
    found.home.make()
    return found
