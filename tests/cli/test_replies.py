"""`replies FILE`: what people answered to a campaign of a real sandbox: in words, as a file and for programs."""

from __future__ import annotations

import json
import os
import signal
import stat
import time

import pytest
import requests

from smscampaign.journal.places import place_of
from smscampaign.journal.replies import stops_of
from smscampaign.journal.store import open_journal
from smscampaign.sandbox import Credential
from tests.cli.conftest import lines, number
from tests.cli.test_json import is_a

#: From a short number, which can be answered; it leaves at once.
SHORT = ("--message", "Hello {{ name }}", "--purpose", "transactional", "--region", "FR")
OTHER = ("--message", "Another offer, {{ name }}", *SHORT[2:])


@pytest.fixture
def answer(here):
    def answered(receiver, text, *, message=None):
        asked = {"messageId": message, "text": text} if message else {"receiver": receiver, "text": text}
        told = requests.post(f"{here.url}_sandbox/reply", json=asked, timeout=10)
        assert told.status_code == 200, told.text
        return told.json()

    return answered


@pytest.fixture
def here(ovhcloud):
    return ovhcloud(document_delay=0.0)


def untag(here):
    """OVHcloud need not say which call was answered."""
    here.world.store.mail._db.execute("UPDATE incoming SET tag = ''")


def test_answers_are_matched_and_stops_counted(cli, people, folder, here, answer):
    people(4)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    answer(number(0), "=Oui")
    answer(number(1), "STOP 36180")
    answer(number(2), "je ne veux plus")
    told = cli("replies", "spring.csv", *SHORT)
    assert (told.code, "Replies 2 from people 2 said STOP 1" in told.words) == (0, True), told
    path = folder / "spring.replies.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = lines(path)
    assert [(one["name"], one["sms_row"], one["sms_number"], one["sms_answer"]) for one in found] == [
        ("Person 0", "2", number(0), "'=Oui"),
        ("Person 1", "3", number(1), "STOP 36180"),
        ("Person 2", "4", number(2), "je ne veux plus"),
    ]
    assert [(one["sms_match"], one["sms_stop"]) for one in found] == [
        ("certain", ""),
        ("certain", "stop"),
        ("certain", "review"),
    ]
    store = open_journal(place_of(folder / "spring.journal.sqlite"), create=False)
    assert [one for one, _ in stops_of(store)] == [number(1)]
    store.close()
    before = path.read_bytes()
    assert cli("replies", "spring.csv", *SHORT).code == 0
    assert path.read_bytes() == before


def test_many_come_by_one_export_and_the_times_are_the_same(cli, people, folder, here, answer, monkeypatch):
    people(15)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    for n in range(15):
        answer(number(n), f"Oui; {n}\n“merci”")
    asked = []
    inner = here.world.store.mail.select
    monkeypatch.setattr(
        here.world.store.mail, "select", lambda *given: (asked.append(given), inner(*given))[1]
    )
    told = cli("replies", "spring.csv", *SHORT, "--json")
    assert told.code == 0
    found = is_a("campaign-replies", told.out)
    assert (found["replies"], found["stops"], len(found["answers"])) == (15, 0, 15)
    assert len(asked) <= 3  # the list, the export, and one answer for the zone of its dates
    untag(here)
    (folder / "spring.replies.csv").unlink()
    assert cli("replies", "spring.csv", *SHORT).code == 0
    assert len(lines(folder / "spring.replies.csv")) == 15


def test_two_campaigns_that_share_people_and_no_tag(cli, people, folder, here, answer):
    people(3)
    people(2, name="other.csv")
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    assert cli("run", "other.csv", *OTHER, "--yes").code == 0
    answer(number(0), "Oui")  # the latest message of the two, by its tag
    for file, options, count in (("spring.csv", SHORT, 0), ("other.csv", OTHER, 1)):
        assert json.loads(cli("replies", file, *options, "--json").out)["replies"] == count
    answer(number(1), "Oui")
    answer(number(2), "Oui")
    untag(here)
    for file, options in (("spring.csv", SHORT), ("other.csv", OTHER)):
        told = json.loads(cli("replies", file, *options, "--json").out)
        assert {one["number"]: one["match"] for one in told["answers"]}[number(1)] == "possible"
    told = json.loads(cli("replies", "spring.csv", *SHORT, "--json").out)
    assert {one["number"]: one["match"] for one in told["answers"]}[number(2)] == "certain"
    assert told["possible"] == 2


def test_what_came_before_or_from_strangers_is_not_ours(cli, people, here, answer):
    people(3, name="other.csv")
    assert cli("run", "other.csv", *OTHER, "--yes").code == 0
    answer(number(2), "Oui")
    untag(here)
    time.sleep(0.05)
    people(2)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    told = json.loads(cli("replies", "spring.csv", *SHORT, "--json").out)
    assert (told["replies"], told["answers"]) == (0, [])
    assert "Nobody has answered." in cli("replies", "spring.csv", *SHORT).err


def test_a_file_of_somebody_else_stays(cli, people, folder, here):
    people(2)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    (folder / "spring.replies.csv").write_text("mine\n", "utf-8")
    told = cli("replies", "spring.csv", *SHORT)
    assert "The answers were not written" in told.err
    assert (folder / "spring.replies.csv").read_text("utf-8") == "mine\n"
    assert cli("replies", "spring.csv", *SHORT, "--out", "spring.csv").code == 2


def test_a_missing_right_is_named(cli, people, ovhcloud):
    account = "sms-sb00001-1"
    paths = ("", "/senders", "/senders/*", "/outgoing*", "/jobs*", "/blacklists*")
    rules = (("GET", "/sms"), ("POST", "/sms/*/jobs"), *(("GET", f"/sms/{account}{one}") for one in paths))
    ovhcloud(credentials=(Credential(rules=rules),))
    people(2)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    told = cli("replies", "spring.csv", *SHORT)
    assert told.code == 2
    assert f"GET /sms/{account}/incoming" in told.err
    assert "The keys lack this right: make new ones with GET /sms, GET /sms/*" in told.err
    assert "Nobody has answered" not in told.err
    assert "incoming" in is_a("error", cli("replies", "spring.csv", *SHORT, "--json").out)["error"]["where"]


def test_without_a_file_it_is_the_account(cli, people, here, answer):
    people(1)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    answer(number(0), "Oui")
    assert "Oui" in cli("replies").words
    for option in ("--follow", "--sandbox"):
        asked = cli("replies", option)
        assert (asked.code, "Name the file of its recipients." in asked.err) == (2, True)


def test_following_hears_what_comes_later_and_ends_at_ctrl_c(cli, people, folder, here, answer, process):
    people(2)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    listening = process("replies", "spring.csv", *SHORT, "--follow", "--set", "limits.calls_per_minute=0")
    path = folder / "spring.replies.csv"
    answer(number(1), "Oui")
    for _ in range(300):
        if path.exists() and len(lines(path)) == 1:
            break
        time.sleep(0.1)
    assert [one["sms_answer"] for one in lines(path)] == ["Oui"]
    os.kill(listening.pid, signal.SIGINT)
    assert listening.wait(30) == 130


def test_several_messages_to_one_number_are_told_apart_by_the_tag(cli, folder, here, answer):
    rows = "\n".join(f"Anna,{number(0)},{n}" for n in range(2))
    (folder / "rdv.csv").write_text(f"name,mobile,order\n{rows}\n", "utf-8")
    options = ("--message", "Order {{ order }}", *SHORT[2:], "--once-per", "mobile", "--once-per", "order")
    sent = cli("run", "rdv.csv", *options, "--yes")
    assert sent.code == 0, sent.err
    first = next(iter(here.world.store.pages("1", ())))
    answer(None, "Oui", message=first.first)
    found = json.loads(cli("replies", "rdv.csv", *options, "--json").out)["answers"]
    texts = {one["sms_tag"]: one["sms_row"] for one in lines(folder / "rdv.results.csv")}
    assert [str(one["row"]) for one in found] == [texts[first.tag]]


def test_killed_in_the_middle_and_asked_again(cli, people, folder, here, answer, process):
    """A process that is killed while it listens loses nothing: what it had not kept is read again, and nothing twice."""
    people(12)
    assert cli("run", "spring.csv", *SHORT, "--yes").code == 0
    for n in range(6):
        answer(number(n), f"Oui {n}")
    listening = process("replies", "spring.csv", *SHORT, "--follow", "--set", "limits.calls_per_minute=0")
    path = folder / "spring.replies.csv"
    for _ in range(300):
        if path.exists():
            break
        time.sleep(0.1)
    answer(number(6), "Oui 6")
    listening.kill()
    listening.wait(30)
    for n in range(7, 12):
        answer(number(n), f"Oui {n}")
    assert is_a("campaign-replies", cli("replies", "spring.csv", *SHORT, "--json").out)["replies"] == 12
    assert sorted(one["sms_answer"] for one in lines(path)) == sorted(f"Oui {n}" for n in range(12))
    assert cli("audit", "spring.csv").code == 0


def test_of_an_amended_campaign_with_two_texts_all_answers_have_their_rows_and_texts(
    cli, people, folder, here, answer
):
    people(30)
    options = (*SHORT, "--variant", "B=Good day {{ name }}")
    assert cli("run", "spring.csv", *options, "--yes").code == 0
    answer(number(0), "Oui")
    answer(number(1), "Non")
    rows = (folder / "spring.csv").read_text("utf-8").splitlines()
    changed = [rows[0], f"New,{number(90)}", *rows[1:2], *rows[3:]]  # one is new, one is gone
    (folder / "spring.csv").write_text("\n".join(changed) + "\n", "utf-8")
    assert cli("run", "spring.csv", *options, "--yes", "--amend").code == 0
    answer(number(90), "STOP")
    assert cli("replies", "spring.csv", *options).code == 0
    found = {one["sms_number"]: one for one in lines(folder / "spring.replies.csv")}
    told = {one: (row["name"], row["sms_row"], row["sms_answer"]) for one, row in found.items()}
    assert told == {
        number(90): ("New", "2", "STOP"),
        number(0): ("Person 0", "3", "Oui"),
        number(1): ("", "", "Non"),
    }
    texts = {one["sms_number"]: one["sms_text"] for one in lines(folder / "spring.results.csv")}
    for one in (number(90), number(0)):
        assert found[one]["sms_variant"] == ("B" if texts[one].startswith("Good day") else "A")
