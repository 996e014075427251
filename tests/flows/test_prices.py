"""`prices` shows what held on a day, takes a bare name, and names the nearest where it knows none."""

from tests.conftest import Nightbench


def test_a_price_is_that_of_its_day(nightbench: Nightbench) -> None:
    before, after = (
        {
            row["token_kind"]: float(row["usd_per_mtok"])
            for row in nightbench("prices", "openai/gpt-4o", "--at", day, "--json").json
            if row["mode"] == "realtime"
        }
        for day in ("2024-10-01", "2024-10-02")
    )
    assert (before["input"], before["output"]) == (5, 15)
    assert (after["input"], after["output"]) == (2.5, 10)


def test_a_bare_name_is_the_vendors_own_model(nightbench: Nightbench) -> None:
    bare, full = (nightbench("prices", name, "--json").json for name in ("gpt-4o", "openai/gpt-4o"))
    assert bare == full != []


def test_an_unknown_model_has_no_price_and_the_nearest_names_are_said(nightbench: Nightbench) -> None:
    said = nightbench("prices", "openai/gpt-4oo")
    assert (said.code, said.out) == (2, "")
    assert "Did you mean openai/gpt-4o" in said.err
    assert "priced_as" in said.err
