"""`run --ramp`: a first slice whose receipts decide, against the sandbox's phones."""

from __future__ import annotations

import json
from collections import Counter

from .conftest import lines, number

QUICK = {"receipt_delay": 0.05}


def told(here) -> Counter[str]:
    return Counter(row["receiver"] for row in here.accepted())


def test_a_good_slice_is_followed_by_the_others(campaign, people, ovhcloud, folder):
    here = ovhcloud(**QUICK)
    people(40)
    ended = campaign("--yes", "--ramp", "25%")
    assert ended.code == 0
    assert "First slice: 10 messages, up to row 11 of the file." in ended.err
    assert (
        "The first slice did well (10 receipts of 10 messages: 10 delivered, 0 failed; 0 STOP)" in ended.err
    )
    assert told(here) == {number(n): 1 for n in range(40)}
    delivered = [row["sms_delivery"] for row in lines(folder / "spring.results.csv")]
    assert delivered[:10] == ["delivered"] * 10
    assert set(delivered[10:]) == {"waiting"}


def test_a_bad_slice_pauses_with_the_reason_and_the_way_on(campaign, people, ovhcloud, folder):
    here = ovhcloud(**QUICK, failed_share=1.0)
    people(20)
    ended = campaign("--yes", "--ramp", "5", "--ramp-wait", 1, "--json")
    assert ended.code == 1
    found = json.loads(ended.out)
    assert "of 5 messages of the first slice failed already: more than 10 %" in found["halted"]
    assert found["messages"] == {"pending": 15, "accepted": 5}
    assert "--ramp 0" in ended.err
    again = campaign("--yes", "--ramp", "5", "--ramp-wait", 1)
    assert again.code == 1
    assert sum(told(here).values()) == 5
    anyway = campaign("--yes", "--ramp", "0")
    assert anyway.code == 0
    assert told(here) == {number(n): 1 for n in range(20)}


def test_without_receipts_it_waits_no_longer_than_it_may(campaign, people, ovhcloud):
    here = ovhcloud(receipt_delay=3600.0)
    people(10)
    ended = campaign("--yes", "--ramp", "2", "--ramp-wait", 0.01)
    assert ended.code == 1
    assert "only 0 of 2 receipts of the first slice came within" in ended.err
    assert sum(told(here).values()) == 2


def test_the_settings_can_ask_for_it(campaign, people, ovhcloud, folder):
    ovhcloud(**QUICK, failed_share=1.0)
    file = people(10)
    file.with_suffix(".toml").write_text('[ramp]\nfirst = "3"\nwait = 1\nfailures = 1.0\n')
    ended = campaign("--yes")
    assert ended.code == 0
    assert "3 receipts of 3 messages: 0 delivered, 3 failed" in ended.err


def test_what_makes_no_sense_is_told_before_anything_leaves(campaign, people, ovhcloud):
    here = ovhcloud()
    people(10)
    both = campaign("--yes", "--ramp", "1%", "--limit", 3)
    assert both.code == 2
    assert "Leave out --limit" in both.err
    deferred = campaign("--yes", "--ramp", "1%", "--send-at", "2099-01-01T10:00+01:00")
    assert deferred.code == 2
    for wrong in ("1 percent", "-1", "101%", "a few"):
        ended = campaign("--yes", f"--ramp={wrong}")
        assert ended.code == 2
        assert "write a share of the messages as 1%, or a number of them as 50" in ended.err
    assert not list(here.accepted())
