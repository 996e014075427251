"""What `serve` and `doctor` are told wrongly is refused before anything is started."""

import pytest

from tests.conftest import Nightbench


@pytest.mark.parametrize(
    "cron", ["bad cron", "0 2 * *", "61 2 * * *", "0 24 * * *", "0 2 * * 9", "0 2 ; * *", ""]
)
def test_a_cron_that_is_none_is_refused(nightbench: Nightbench, cron: str) -> None:
    said = nightbench("serve", "--cron", cron)
    assert (said.code, said.out) == (2, "")
    assert "Nothing was started" in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("zone", ["Europe/Berlim", "CEST+1", "../UTC", ""])
def test_a_time_zone_that_is_none_is_refused(nightbench: Nightbench, zone: str) -> None:
    said = nightbench("serve", "--timezone", zone)
    assert (said.code, said.out) == (2, "")
    assert "Nothing was started" in said.err


@pytest.mark.parametrize("port", ["0", "99999", "x"])
def test_a_port_that_is_none_is_refused(nightbench: Nightbench, port: str) -> None:
    said = nightbench("serve", "--port", port)
    assert (said.code, said.out) == (2, "")
    assert "--port" in said.err


def test_a_probe_of_no_model_is_a_bad_finding_in_our_words(nightbench: Nightbench) -> None:
    said = nightbench("doctor", "--probe", "nope", "--json")
    assert said.code == 1
    (found,) = [finding for finding in said.json if finding["what"] == "probe nope"]
    assert "provider/name" in found["found"]
    assert "pydantic" not in found["found"]
