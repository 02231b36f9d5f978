"""`[prior]`: a follow-up of a campaign in a real sandbox goes to those whom it means, and to nobody else."""

from __future__ import annotations

from contextlib import closing

import pytest
import requests

from smscampaign.journal.priors import fates_of
from smscampaign.journal.store import open_journal
from tests.cli.conftest import lines, number
from tests.cli.test_replies import SHORT

NEXT = ("--message", "A last word, {{ name }}", *SHORT[2:], "--prior", "spring")


@pytest.fixture
def here(ovhcloud):
    return ovhcloud(receipt_delay=0.0, document_delay=0.0)


@pytest.fixture
def sent(cli, people, here):
    """Six people of whom two answered and one said STOP."""
    people(6)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    for receiver, text in ((0, "Oui"), (1, "Non"), (2, "STOP")):
        asked = {"receiver": number(receiver), "text": text}
        assert requests.post(f"{here.url}_sandbox/reply", json=asked, timeout=10).status_code == 200
    assert cli("receipts", "spring.csv", *SHORT).code == 0
    assert cli("replies", "spring.csv", *SHORT).code == 0


def status_of(folder):
    return {one["sms_number"] or one["mobile"]: one for one in lines(folder / "next.results.csv")}


def test_only_those_get_it_who_are_meant(cli, people, folder, sent):
    people(8, name="next.csv")
    fate = "delivered and not (replied or stopped)"
    told = cli("run", "next.csv", *NEXT, "--prior-fate", fate, "--dry-run")
    assert "5 are not meant by [prior]" in told.words, told
    assert cli("run", "next.csv", *NEXT, "--prior-fate", fate, "--yes").code == 0
    rows = status_of(folder)
    assert {one for one, row in rows.items() if row["sms_status"] == "accepted"} == {
        number(n) for n in (3, 4, 5)
    }
    why = rows[number(0)]
    assert why["sms_status"] == "suppressed"
    assert why["sms_reason"] == (
        "not-in-prior: in the campaign spring this is not true of the number: delivered and not (replied or stopped)"
        " (prior.fate)"
    )
    assert rows[number(7)]["sms_reason"] == (
        "not-in-prior: this number was not in the campaign spring (prior.campaign)"
    )
    again = cli("run", "next.csv", *NEXT, "--prior-fate", "replied", "--yes")
    assert (again.code, "prior" in again.err) == (2, True)  # it is part of the plan


def test_nobody_is_meant_and_that_is_no_failure(cli, people, folder, sent):
    people(3, name="next.csv")
    assert cli("run", "next.csv", *NEXT, "--prior-fate", "refused", "--yes").code == 0


def test_it_is_named_by_its_journal_too_and_by_a_wrong_name_not_at_all(cli, people, folder, sent):
    people(6, name="next.csv")
    named = [*NEXT[:-1], "spring.journal.sqlite"]
    assert "4 are not meant" in cli("run", "next.csv", *named, "--prior-fate", "replied", "--dry-run").words
    wrong = cli("run", "next.csv", *NEXT[:-1], "winter", "--dry-run")
    assert (wrong.code, "no campaign 'winter' has begun here" in wrong.err) == (2, True)
    wrong = cli("run", "next.csv", *NEXT, "--prior-fate", "clicked", "--dry-run")
    assert (wrong.code, "'clicked' is no such word" in " ".join(wrong.err.split())) == (2, True)


def test_who_answered_since_the_plan_was_made_is_asked_about_anew(cli, people, folder, sent, here):
    people(6, name="next.csv")
    fate = ("--prior-fate", "not (replied or stopped)")
    assert cli("run", "next.csv", *NEXT, *fate).code == 2  # planned, and nobody said yes
    asked = {"receiver": number(3), "text": "Oui"}
    requests.post(f"{here.url}_sandbox/reply", json=asked, timeout=10)
    assert cli("replies", "spring.csv", *SHORT).code == 0
    assert cli("run", "next.csv", *NEXT, *fate, "--yes").code == 0
    accepted = {one for one, row in status_of(folder).items() if row["sms_status"] == "accepted"}
    assert accepted == {number(4), number(5)}


def test_what_became_of_them_in_the_words_of_the_vocabulary(folder, sent):
    with closing(open_journal(folder / "spring.journal.sqlite", create=False)) as store:
        found = fates_of(store, store.editions("spring"), [int(number(n)) for n in range(7)])
    assert {str(one)[-1]: words for one, words in found.items()} == {
        "0": {"accepted", "delivered", "replied"},
        "1": {"accepted", "delivered", "replied"},
        "2": {"accepted", "delivered", "stopped"},
        **{str(n): {"accepted", "delivered"} for n in (3, 4, 5)},
    }


def test_in_one_database_the_earlier_campaign_is_found_by_its_name(cli, people, folder, here, database):
    people(6)
    people(8, name="next.csv")
    kept = ("--journal", database.url)
    assert cli("run", "spring.csv", *SHORT, *kept, "--yes").code == 0
    asked = {"receiver": number(0), "text": "Oui"}
    assert requests.post(f"{here.url}_sandbox/reply", json=asked, timeout=10).status_code == 200
    assert cli("replies", "spring.csv", *SHORT, *kept).code == 0
    assert [one["sms_answer"] for one in lines(folder / "spring.replies.csv")] == ["Oui"]
    assert cli("run", "next.csv", *NEXT, "--prior-fate", "replied", *kept, "--yes").code == 0
    rows = status_of(folder)
    assert [one for one, row in rows.items() if row["sms_status"] == "accepted"] == [number(0)]
    assert "spring" in cli("campaigns", database.url).words
