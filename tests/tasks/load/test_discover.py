"""A suite is found by lying in a folder of suites, and a name means one folder."""

from pathlib import Path
from typing import Any

import pytest

from tasks.load.discover import BUILT_IN, discover, find_suite
from warehouse.errors import SuiteError


def test_built_in_suites_come_first_and_a_users_after(make_suite: Any) -> None:
    folder = make_suite(name="aaa_mine")
    names = list(discover([folder.parent]))
    assert names[-1] == "aaa_mine"
    assert {"gsm8k", "gsm8k_json", "cruxeval"} <= set(names)
    assert find_suite("gsm8k", []) == BUILT_IN / "gsm8k"


def test_the_name_is_the_cards_not_the_folders(make_suite: Any) -> None:
    folder = make_suite(name="folder", card='name = "card"\n[[graders]]\ntype = "exact"')
    assert find_suite("card", [folder.parent]) == folder


def test_the_built_in_folder_may_be_named_again(make_suite: Any) -> None:
    assert discover([BUILT_IN, BUILT_IN]) == discover([])


def test_an_unknown_name_suggests_the_nearest(make_suite: Any) -> None:
    with pytest.raises(SuiteError, match=r'no suite "GSM8".*Did you mean "gsm8k"'):
        find_suite("GSM8", [])


def test_a_name_like_no_other_lists_what_there_is() -> None:
    with pytest.raises(SuiteError, match=r"Known are: .*gsm8k"):
        find_suite("zzzzzzzz", [])


def test_a_users_suite_never_shadows_a_built_in_one(make_suite: Any) -> None:
    folder = make_suite(name="gsm8k")
    with pytest.raises(SuiteError) as caught:
        find_suite("gsm8k", [folder.parent])
    assert str(folder) in str(caught.value)
    assert str(BUILT_IN / "gsm8k") in str(caught.value)


def test_two_suites_of_one_name_are_refused(make_suite: Any, tmp_path: Path) -> None:
    parents = [make_suite(name="twin", parent=tmp_path / part).parent for part in ("x", "y")]
    with pytest.raises(SuiteError, match='"twin" is there twice'):
        discover(parents)


def test_a_broken_card_does_not_hide_the_others(make_suite: Any) -> None:
    folder = make_suite(name="broken", card="name = ")
    make_suite(name="whole")
    found = discover([folder.parent])
    assert found["broken"] == folder
    assert "whole" in found


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="NIGHTBENCH_SUITES"):
        discover([tmp_path / "nowhere"])


def test_a_suite_in_place_of_a_folder_of_suites_is_told(make_suite: Any) -> None:
    folder = make_suite()
    with pytest.raises(SuiteError, match=f"Name the folder that it lies in: {folder.parent}"):
        discover([folder])
