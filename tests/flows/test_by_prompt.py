"""Two prompts of one model are two competitors; a changed prompt file is another version of its variant."""

from pathlib import Path

import pytest

from tests.conftest import Nightbench
from tests.flows.conftest import query

SPEC = """suites = ["word_problems"]
limit = 4
[[models]]
model = "simulated/gpt-4o-2024-05-13"
name = "plain"
[[models]]
model = "simulated/gpt-4o-2024-05-13"
name = "terse"
prompt = "{prompt}"
[[models]]
model = "simulated/gpt-4o-2024-05-13"
name = "polite"
system = "Be polite."
"""


@pytest.mark.slow
def test_a_changed_prompt_file_is_never_merged_with_last_nights(
    home: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    prompt, spec = tmp_path / "terse.jinja", tmp_path / "spec.toml"
    spec.write_text(SPEC.format(prompt=prompt), encoding="utf-8")
    for run_id, text in (("first", "{{ input }} Only the number."), ("second", "{{ input }} Number:")):
        prompt.write_text(text, encoding="utf-8")
        planned = nightbench("plan", spec, "--json").json
        assert [row["variant"] for row in planned["lines"]] == ["plain", "terse", "polite"]
        assert nightbench("run", spec, "--run-id", run_id, "--json").code == 0
    rows = query(home, "select run_id, variant, variant_version, n from leaderboard_all")
    assert {(row["run_id"], row["variant"], row["n"]) for row in rows} == {
        (run_id, variant, 4) for run_id in ("first", "second") for variant in ("plain", "terse", "polite")
    }
    versions = {(row["run_id"], row["variant"]): row["variant_version"] for row in rows}
    assert versions["first", "plain"] == versions["second", "plain"]
    assert versions["first", "polite"] == versions["second", "polite"]
    assert versions["first", "terse"] != versions["second", "terse"]
    assert len({versions["first", variant] for variant in ("plain", "terse", "polite")}) == 3
    shown = query(home, "select variant, variant_version, run_id from leaderboard_simulated")
    assert {(row["variant"], row["variant_version"], row["run_id"]) for row in shown} == {
        (variant, versions["second", variant], "second") for variant in ("plain", "terse", "polite")
    }
    answers = query(
        home,
        "select variant_version, count(*) as n from calls where variant = 'terse' group by all order by all",
    )
    assert [row["n"] for row in answers] == [4, 4]
