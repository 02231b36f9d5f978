"""`run` as a developer scripts it: what is sent, what every call carries, what is told, and how it ends."""

from __future__ import annotations

import json
import shlex
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import ovh
import pytest

from smscampaign import sandbox
from smscampaign.campaign.witness import Witness
from smscampaign.sandbox import BodyKind, Credential, Fault, FaultKind

from .conftest import OPTIONS, lines, number


def told(here) -> Counter[str]:
    """Whom the sandbox really accepted, and how often."""
    return Counter(row["receiver"] for row in here.accepted())


@pytest.fixture
def posted(monkeypatch):
    """The bodies of every `POST /jobs`, taken down where they leave for the `ovh` package."""
    bodies = []
    call = ovh.Client.raw_call

    def noting(self, method, path, data=None, *args, **kwargs):
        if method == "POST":
            bodies.append((path, data))
        return call(self, method, path, data, *args, **kwargs)

    monkeypatch.setattr(ovh.Client, "raw_call", noting)
    return bodies


def test_everybody_once_and_the_results_tell(campaign, people, ovhcloud, folder):
    here = ovhcloud()
    file = people(3, more=f"Twin,{number(0)}\nLandline,01 99 00 00 00")
    before = file.read_bytes()
    ended = campaign("--yes")
    assert ended.code == 0
    assert told(here) == {number(n): 1 for n in range(3)}
    assert Counter(row["sms_status"] for row in lines(folder / "spring.results.csv")) == {
        "accepted": 3,
        "suppressed": 1,
        "rejected": 1,
    }
    assert "3 credits charged" in ended.out
    assert "Results: spring.results.csv" in ended.out
    assert "Account sms-sb00001-1: 10 000 credits" in ended.err
    assert "To go on" not in ended.err
    assert file.read_bytes() == before
    ours = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path != file}
    assert ours == dict.fromkeys(
        [
            *("spring.journal.sqlite", "spring.journal.sqlite.lock", "spring.journal.mark"),
            *("spring.rejected.csv", "spring.results.csv"),
        ],
        0o600,
    )


def test_again_when_all_is_sent_sends_nothing(campaign, people, ovhcloud):
    here = ovhcloud()
    people(2)
    assert campaign("--yes").code == 0
    again = campaign("--yes")
    assert again.code == 0
    assert "nothing is left to send" in again.err
    assert max(told(here).values()) == 1


def test_without_a_terminal_and_without_yes_nothing_leaves_and_the_next_command_is_told(
    campaign, people, ovhcloud, cli
):
    here = ovhcloud()
    people(2)
    ended = campaign()
    assert ended.code == 2
    assert "The first 2 messages" in ended.out
    assert "nothing was sent: there is nobody here to ask" in ended.err
    assert ended.err.splitlines()[-1].split()[-2] == "--confirm"
    assert not told(here)
    assert cli(*shlex.split(ended.err.splitlines()[-1])[1:]).code == 0
    assert sum(told(here).values()) == 2


def test_the_line_of_the_dry_run_sends_it(campaign, people, cli, folder):
    people(1)
    line = campaign("--dry-run", "--sandbox").err.splitlines()[-1]
    assert cli(*shlex.split(line)[1:], "--yes").code == 0
    assert lines(folder / "spring.sandbox.results.csv")[0]["sms_status"] == "accepted"


def test_a_limit_then_the_rest(campaign, people, ovhcloud, folder):
    here = ovhcloud()
    people(5)
    first = campaign("--yes", "--limit", 2)
    assert first.code == 1
    assert told(here) == {number(0): 1, number(1): 1}
    assert "To go on:" in first.err
    statuses = [row["sms_status"] for row in lines(folder / "spring.results.csv")]
    assert statuses == ["accepted"] * 2 + ["pending"] * 3
    rest = campaign("--yes")
    assert rest.code == 0
    assert "This campaign has begun before: 3 pending, 2 accepted." in rest.err
    assert told(here) == {number(n): 1 for n in range(5)}


def test_a_limit_splits_a_call_of_equal_texts(campaign, people, ovhcloud):
    here = ovhcloud()
    people(5)
    assert campaign("--yes", "--limit", 2, "--message", "Hi").code == 1
    assert told(here) == {number(0): 1, number(1): 1}


def test_json_is_one_document_and_no_number_is_on_the_other_channel(campaign, people, ovhcloud):
    ovhcloud()
    people(2)
    ended = campaign("--yes", "--json")
    document = json.loads(ended.out)
    assert ended.code == document["exit_code"] == 0
    assert document["messages"] == {"accepted": 2}
    assert document["calls"] == 2
    assert document["calls_by_state"] == {"accepted": 2}
    assert document["credits"] == document["credits_charged"] == 2
    assert document["results"] == "spring.results.csv"
    assert document["halted"] is None
    assert number(0) not in ended.err


def test_json_of_a_file_without_a_good_row(campaign, people, ovhcloud):
    ovhcloud()
    people(0, more="Landline,01 99 00 00 00")
    ended = campaign("--yes", "--json")
    assert ended.code == json.loads(ended.out)["exit_code"] == 2


def test_a_rehearsal_has_its_own_files_and_goes_on_where_it_was(campaign, people, folder):
    people(3)
    assert campaign("--yes", "--sandbox", "--limit", 1).code == 1
    assert campaign("--yes", "--sandbox").code == 0
    hidden = folder / ".sandbox"
    assert sorted(path.name for path in folder.iterdir()) == [
        ".sandbox",
        "spring.csv",
        "spring.sandbox.results.csv",
    ]
    assert sorted(path.name for path in hidden.iterdir()) == [
        "spring.sandbox.journal.sqlite",
        "spring.sandbox.journal.sqlite.lock",
        "spring.sandbox.sqlite",
    ]
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    kept = [folder / "spring.sandbox.results.csv", *hidden.iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_a_rehearsal_goes_with_its_sandbox(campaign, people, folder):
    people(3)
    assert campaign("--yes", "--sandbox").code == 0
    (folder / ".sandbox" / "spring.sandbox.sqlite").unlink()
    again = campaign("--yes", "--sandbox", "--json")
    assert again.code == 0
    with sandbox.running(folder / ".sandbox" / "spring.sandbox.sqlite") as here:
        assert len(list(here.accepted())) == 3


def test_a_rehearsal_takes_the_campaigns_sender_as_validated(campaign, people, folder):
    people(1)
    assert campaign("--yes", "--sandbox", "--sender", "MyOwnShop").code == 0


def test_one_of_several_accounts_is_named(campaign, people, ovhcloud, posted):
    ovhcloud(accounts=3)
    people(1)
    several = campaign("--yes")
    assert several.code == 2
    assert "sms-sb00001-1, sms-sb00001-2, sms-sb00001-3" in several.err
    assert "--account NAME" in several.err
    assert campaign("--yes", "--account", "sms-sb00001-2").code == 0
    assert posted[0][0] == "/sms/sms-sb00001-2/jobs"
    other = campaign("--yes", "--limit", "1", "--account", "sms-sb00001-1")
    assert (other.code, len(posted)) == (0, 1)  # all is sent; there is nothing to ask another account for


def test_what_every_call_carries_without_further_settings(campaign, people, ovhcloud, posted):
    ovhcloud()
    people(1)
    assert campaign("--yes").code == 0
    ((path, body),) = posted
    tag = body.pop("tag")
    assert path == "/sms/sms-sb00001-1/jobs"
    assert 1 <= len(tag) <= 20
    assert body == {
        "charset": "UTF-8",
        "message": "Hello Person 0",
        "receivers": [number(0)],
        "sender": "Sandbox",
        "noStopClause": True,
    }


def test_marketing_keeps_the_stop_clause_and_no_sender_asks_for_a_short_number(cli, people, ovhcloud, posted):
    ovhcloud()
    people(1)
    ended = cli("run", "spring.csv", "--message", "Hi", "--purpose", "marketing", "--region", "FR", "--yes")
    assert ended.code == 0
    body = posted[0][1]
    assert body["noStopClause"] is False
    assert body["senderForResponse"] is True
    assert "sender" not in body


SENDING = """
message = "From the file"
purpose = "marketing"
region = "FR"
sender = "Sandbox"
[limits]
receivers_per_call = 1
[sending]
priority = "low"
validity = 60
class = "sim"
coding = "8bit"
"""


def test_settings_reach_the_call_and_options_override_them(cli, people, ovhcloud, posted, folder):
    ovhcloud(senders=("Sandbox", "MyShop"))
    people(2)
    (folder / "spring.toml").write_text(SENDING, "utf-8")
    assert cli("run", "spring.csv", "--yes").code == 0
    assert len(posted) == 2
    plain = posted[0][1]
    assert {
        name: plain.get(name) for name in ("priority", "validityPeriod", "class", "coding", "sender")
    } == {
        "priority": "low",
        "validityPeriod": 60,
        "class": "sim",
        "coding": "8bit",
        "sender": "Sandbox",
    }
    assert "differedPeriod" not in plain
    posted.clear()
    later = datetime.now(UTC) + timedelta(hours=2)
    overriding = (
        "--priority high --validity 2880 --class phoneDisplay --coding 7bit --sender MyShop --receivers-per-call 500"
        f" --purpose transactional --message Other --send-at {later.isoformat()} --journal other.sqlite --send-again"
    )
    assert cli("run", "spring.csv", "--yes", *overriding.split()).code == 0
    ((_, body),) = posted
    assert 119 <= body.pop("differedPeriod") <= 120
    del body["tag"]
    assert body == {
        "charset": "UTF-8",
        "message": "Other",
        "receivers": [number(0), number(1)],
        "sender": "MyShop",
        "noStopClause": True,
        "priority": "high",
        "validityPeriod": 2880,
        "class": "phoneDisplay",
        "coding": "7bit",
    }


def test_refused_receivers_are_exit_1_and_told_in_the_results(campaign, people, ovhcloud, folder):
    ovhcloud().add_faults(Fault(FaultKind.ONLY_INVALID, nth=2))
    people(3)
    ended = campaign("--yes", "--calls-at-once", 1)
    assert ended.code == 1
    rows = lines(folder / "spring.results.csv")
    assert [row["sms_status"] for row in rows] == ["accepted", "refused", "accepted"]
    assert rows[1]["sms_reason"]
    assert "The results say why" in ended.err


def test_a_call_that_was_cut_off_is_asked_about_and_not_repeated(campaign, people, ovhcloud):
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.DROP_AFTER, nth=1), Fault(FaultKind.DROP_BEFORE, nth=2))
    people(3)
    assert campaign("--yes", "--settle", "0.2").code == 0
    assert told(here) == {number(n): 1 for n in range(3)}


def test_what_stays_in_doubt_is_exit_1_and_named(campaign, people, ovhcloud, folder, monkeypatch):
    here, unsent = ovhcloud(), Witness.unsent

    def and_nothing_more_is_told(witness, plan, **more):
        """Before the campaign begins OVHcloud answers, and from then on no more."""
        found = unsent(witness, plan, **more)
        here.add_faults(Fault(FaultKind.STATUS, route="GET /sms/*/outgoing*", status=500, body=BodyKind.HTML))
        return found

    monkeypatch.setattr(Witness, "unsent", and_nothing_more_is_told)
    here.add_faults(Fault(FaultKind.DROP_AFTER, nth=1))
    people(2)
    ended = campaign("--yes", "--settle", "0", "--calls-at-once", "1")
    assert ended.code == 1
    assert "in doubt: call " in ended.err
    assert [row["sms_status"] for row in lines(folder / "spring.results.csv")] == ["in-doubt", "accepted"]
    here.clear_faults()
    assert campaign("--yes", "--settle", "0").code == 0
    assert told(here) == {number(0): 1, number(1): 1}


def test_too_fast_is_tried_again(campaign, people, ovhcloud):
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.STATUS, status=429, retry_after=0, times=2))
    people(2)
    assert campaign("--yes").code == 0
    assert sum(told(here).values()) == 2


def test_a_forecast_by_the_rates_of_each_country_is_the_bill(campaign, people, ovhcloud, cli):
    ovhcloud(rates={"FR": Decimal(1), "PL": Decimal("0.4")})
    people(1, more="Zofia,+48 453 900 502")
    ended = campaign("--yes")
    assert "FR 1 1 1 " in ended.words
    assert "PL 1 1 0.4 " in ended.words
    assert "1.4 in all" in ended.out
    assert "1.4 credits charged" in ended.out
    assert "1.4 in all" in campaign("--dry-run", "--journal", "new.sqlite").out  # remembered


def test_what_the_credits_come_to_in_money_is_told_where_the_account_is_known(
    campaign, people, ovhcloud, cli
):
    ovhcloud(rates={"FR": Decimal(1), "PL": Decimal("0.4")})
    people(1, more="Zofia,+48 453 900 502")
    assert "EUR" not in campaign("--dry-run").words
    price = "Price about 0.09 EUR before tax, at 0.065 EUR a credit, which the sandbox made up"
    assert price in cli("check", "spring.csv", *OPTIONS).words
    assert price in campaign("--dry-run").words  # remembered
    ended = campaign("--yes", "--json")
    money = json.loads(ended.out)["money"]
    assert (money["estimate_before_tax"], money["currency"], money["credit_price"]) == (0.09, "EUR", 0.065)
    assert (money["billing_country"], money["source"]) == ("FR", "sandbox")


def test_without_the_right_to_know_the_country_nothing_is_said_of_money(
    campaign, people, ovhcloud, monkeypatch
):
    rights = (("GET", "/sms*"), ("POST", "/sms*"))
    ovhcloud(credentials=(Credential(consumer_key="three-rights", rules=rights),))
    monkeypatch.setenv("OVH_CONSUMER_KEY", "three-rights")
    people(1)
    ended = campaign("--yes", "--json")
    assert (ended.code, json.loads(ended.out)["money"], json.loads(ended.out)["credits"]) == (0, None, 1)


def test_another_campaign_of_the_same_file_beside_the_first(campaign, people, ovhcloud, folder):
    here = ovhcloud()
    people(1)
    assert campaign("--yes").code == 0
    words = ("--yes", "--message", "Second", "--journal", "second.sqlite", "--out", "second.csv")
    assert campaign(*words).code == 2
    assert campaign(*words, "--send-again").code == 0
    assert told(here)[number(0)] == 2
    assert lines(folder / "second.csv")[0]["sms_text"] == "Second"
    assert lines(folder / "spring.results.csv")[0]["sms_text"] == "Hello Person 0"


def test_who_goes_on_is_told_what_is_left_and_what_was_charged_before(campaign, people, ovhcloud):
    ovhcloud()
    people(5, more="Bad,12")
    each = ("--receivers-per-call", 2)
    first = campaign(*each, "--yes", "--limit", 2)
    assert "6 rows: 5 to send, 1 not" in first.out
    assert "\n2 credits charged\n" in first.out
    dry = campaign(*each, "--dry-run")
    assert "6 rows: 3 left to send of 5, 1 not" in dry.out
    second = campaign(*each, "--yes", "--limit", 1)
    assert "6 rows: 3 left to send of 5, 1 not" in second.out
    assert "left of 5 API calls" in second.out
    # Only what is left is shown: neither who has it nor what that cost.
    assert "The next 3 messages" in second.out
    assert (number(1) in second.out, number(2) in second.out, "Credits" in second.out) == (False, True, False)
    assert "number-too-short" not in second.out
    assert "\n3 credits charged, 2 before this run\n" in second.out
    assert "6 rows: 2 left to send of 5, 1 not" in campaign(*each, "--yes").out
    again = campaign(*each, "--yes")
    assert "6 rows: nothing left to send of 5, 1 not" in again.out
    assert "0 left of 5 API calls" in again.out
    assert "\n5 credits charged, all before this run\n" in again.out


@pytest.mark.parametrize(
    ("stands", "told"),
    [
        ("in part", "`smscampaign run` sends what is left of it"),
        ("in doubt", "`smscampaign run` asks about what is in doubt"),
        ("done", "nothing of it is left to send"),
    ],
)
def test_a_dry_run_says_what_running_it_again_would_do(campaign, people, ovhcloud, stands, told):
    here = ovhcloud()
    people(3)
    if stands == "in doubt":
        here.add_faults(
            Fault(FaultKind.DROP_AFTER, route="POST /sms/*/jobs"), Fault(FaultKind.HIDE_HISTORY, seconds=3600)
        )
    ended = campaign("--yes", "--settle", 0, *(("--limit", 2) if stands == "in part" else ()))
    assert ended.code == (0 if stands == "done" else 1)
    shown = campaign("--dry-run")
    assert (shown.code, told in shown.err) == (0, True), shown.err
    assert "This sends it" not in shown.err
    asks = "This asks OVHcloud whether it went on elsewhere, then sends it:"
    assert (asks in shown.err) == (stands != "done")
