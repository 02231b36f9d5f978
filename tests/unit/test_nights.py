"""A campaign that goes on night after night: the same file name, new content, and each key once whatever happens."""

from __future__ import annotations

import csv
import itertools
import os
import tempfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smscampaign.campaign import decisions, gates, launch, nights
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.gates import GateFacts
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.nights import Night
from smscampaign.campaign.result_files import deliver_with_results
from smscampaign.cli.send import DONE, NOTHING, PARTLY, _exit_code
from smscampaign.errors import ChangedInputs, SettingsProblem
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.answers import answers
from smscampaign.journal.editions import put_in_force
from smscampaign.journal.laws import audit
from smscampaign.journal.store import open_journal
from smscampaign.model import EditionKind, InDoubt, NoAnswer, NotSent, Refused
from smscampaign.pricing import Forecast

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(20)]
# At noon, so that a day is the same one in every zone of the world but a few.
THEN = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
OPTIONS = {
    "message": "{{ date }} {{ time }}",
    "purpose": "transactional",
    "region": "DE",
    "sender": "Sandbox",
    "once_per": ["Mobile", "Date", "Time"],
    "recurring": True,
    "limits.most_messages": 50,
}


class Mute(FakeGateway):
    """May say nothing of what it has."""

    mute = False

    def trace(self, chunk, *, since, certain):
        return (
            NoAnswer("nobody is there") if self.mute else super().trace(chunk, since=since, certain=certain)
        )


class World:
    """A folder in which a campaign runs every night, as the command does it."""

    def __init__(self, folder):
        self.folder, self.now, self.gateway = folder, THEN, Mute()
        self.results = folder / "rdv.results.csv"
        self.code = None
        self.night = Night()

    def write(self, rows):
        with (self.folder / "rdv.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("Mobile", "Date", "Time"), *rows])

    def campaign(self, **options):
        return Campaign.load(self.folder / "rdv.csv", options={**OPTIONS, **options})

    def opened(self):
        return closing(open_journal(self.folder / "rdv.journal.sqlite", clock=lambda: self.now))

    def run(self, rows, *, limit=None, script=(), **options):
        """One night; answers what the results say of each row, and keeps the exit code and what it leaves."""
        self.write(rows)
        self.gateway._script.extend(script)
        with self.opened() as store:
            campaign = self.campaign(**options)
            facts = GateFacts(limit=limit, results=self.results)
            how = LaunchOptions(
                pace=Pace(0), settle=timedelta(0), first_wait=0.001, limit=limit, facts=facts, workers=1
            )
            nights.settle(campaign, store, self.gateway, how)
            plan = planned(campaign, store, gateway="fake")
            if gates.nothing_to_do(plan, plan.tally()):
                run = launch.Run(plan, plan.tally())
            else:
                run = deliver_with_results(
                    plan, self.gateway, how, confirm=plan.yes, account="", path=self.results
                )
            self.night = Night.of(run.plan)
            self.code = _exit_code(run)
            if self.code == DONE and self.night.undone:
                self.code = PARTLY
            record = store.find("rdv")
            assert [one.first for one in audit(store, record) if not one.ok] == []
            told = list(answers(store, record))
            assert len(told) == plan.summary.rows == sum(run.plan.tally().messages.values())
            return [f"{one.status} {one.reason.partition(':')[0]}".strip() for one in told]

    def tomorrow(self):
        self.now += timedelta(days=1)

    def sent(self):
        return Counter((number, chunk.body) for chunk in self.gateway.taken for number in chunk.receivers)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def row(n, date, time="9:00"):
    return (NUMBERS[n], date, time)


def test_what_is_new_is_sent_and_what_was_had_is_not(world):
    assert world.run([row(0, "1 March"), row(1, "1 March")]) == ["accepted", "accepted"]
    world.tomorrow()
    told = world.run([row(1, "1 March"), row(0, "2 March"), row(2, "2 March")])
    assert told == ["accepted already-sent", "accepted", "accepted"]
    assert (world.code, world.night) == (DONE, Night())
    world.tomorrow()
    assert world.run([row(0, "2 March"), row(2, "2 March")]) == ["accepted already-sent"] * 2
    assert world.code == DONE
    assert set(world.sent().values()) == {1}


def test_a_night_without_rows_is_a_good_night(world):
    assert world.run([]) == []
    assert world.code == DONE
    assert world.run([row(0, "1 March")]) == ["accepted"]
    world.tomorrow()
    assert world.run([]) == []
    assert world.code == DONE
    assert world.run([]) == []
    assert world.code == DONE


def test_a_night_of_which_every_row_is_wrong_is_no_good_night(world):
    """The export's numbers came out broken: nobody was told, and that is exit code 2."""
    bad = [("none", "1 March", "9:00"), ("", "1 March", "10:00")]
    world.run(bad)
    assert world.code == NOTHING
    world.tomorrow()
    assert world.run([row(0, "1 March"), *bad])[0] == "accepted"
    assert world.code == DONE
    world.tomorrow()
    world.run([row(0, "1 March"), *bad])  # somebody had it before
    assert world.code == DONE
    world.run(bad)
    assert world.code == NOTHING


def test_the_results_of_each_night_are_kept_under_its_day(world):
    world.run([row(0, "1 March")])
    world.run([row(0, "1 March"), row(1, "1 March")])
    world.tomorrow()
    world.run([row(2, "2 March")])
    kept = {one.name: one.read_text().count("\n") - 1 for one in world.folder.glob("*.results*")}
    assert kept == {
        "rdv.results.csv": 1,
        "rdv.results.2027-03-01.csv": 1,
        "rdv.results.2027-03-01-2.csv": 2,
        "rdv.results.2027-03-02.csv": 1,
    }
    assert {one.stat().st_mode & 0o777 for one in world.folder.glob("*.results*")} == {0o600}
    newest = (world.folder / "rdv.results.2027-03-02.csv").read_bytes()
    assert world.results.read_bytes() == newest


def test_results_of_a_night_that_ended_before_they_were_kept_are_kept_by_the_next(world):
    world.run([row(0, "1 March")])
    (world.folder / "rdv.results.2027-03-01.csv").unlink()
    before = world.results.read_bytes()
    world.tomorrow()
    world.run([row(1, "2 March")])
    assert (world.folder / "rdv.results.2027-03-01.csv").read_bytes() == before


def test_what_was_not_sent_and_is_gone_from_the_file_is_told_and_what_is_there_is_sent(world):
    world.run([row(n, "1 March") for n in range(4)], limit=1)
    assert world.code == PARTLY
    world.tomorrow()
    assert world.run([row(1, "1 March"), row(9, "2 March")]) == ["accepted", "accepted"]
    assert world.code == PARTLY
    assert [(one.edition, one.line) for one in world.night.left] == [(1, 4), (1, 5)]
    assert world.night.left[0].body == "1 March 9:00"
    world.tomorrow()
    world.run([row(10, "3 March")])
    assert (world.code, world.night.left) == (DONE, ())


def test_what_a_night_that_died_did_not_tell_is_told_by_the_next(world):
    world.run([row(n, "1 March") for n in range(4)], limit=1)
    world.tomorrow()
    world.write([row(1, "1 March"), row(9, "2 March")])
    with world.opened() as store:  # it comes into force, and dies
        put_in_force(store, planned(world.campaign(), store, gateway="fake").record, account="")
    world.tomorrow()
    assert world.run([row(10, "3 March"), row(3, "1 March")]) == ["accepted", "accepted"]
    assert [(one.edition, one.line) for one in world.night.left] == [(1, 4), (2, 2), (2, 3)]
    assert world.code == PARTLY


def test_what_is_in_doubt_keeps_its_key_and_stops_nobody_else(world):
    world.gateway.mute = True
    world.run([row(0, "1 March")], script=[InDoubt("timeout")])
    assert world.code == PARTLY
    world.tomorrow()
    told = world.run([row(0, "1 March"), row(1, "2 March")])
    assert told == ["in-doubt already-sent", "accepted"]
    assert (world.code, world.night.doubts) == (PARTLY, 1)
    world.tomorrow()
    world.gateway.mute = False
    assert world.run([row(0, "1 March"), row(2, "3 March")]) == ["accepted already-sent", "accepted"]
    assert (world.code, world.night.doubts) == (DONE, 0)
    assert set(world.sent().values()) == {1}


def test_what_turns_out_not_to_have_been_sent_is_sent_by_the_next_night_that_has_it(world):
    world.gateway.mute = True
    world.run([row(0, "1 March"), row(1, "1 March")], script=[FakeGateway.lost, FakeGateway.lost])
    world.tomorrow()
    world.gateway.mute = False
    assert world.run([row(0, "1 March")]) == ["accepted"]
    assert [one.line for one in world.night.left] == [3]
    assert world.code == PARTLY
    assert sum(world.sent().values()) == 1


def test_a_person_decides_about_a_doubt_of_a_night_before_and_the_same_night_sends_it(world):
    world.gateway.mute = True
    world.run([row(0, "1 March")], script=[FakeGateway.lost])
    world.tomorrow()
    rows = [row(0, "1 March"), row(1, "2 March")]
    world.run(rows)
    with world.opened() as store:
        plan = planned(world.campaign(), store, gateway="fake")
        ((tag, receivers, _),) = plan.doubts()
        assert receivers == 1
        decisions.decide(plan, resend=[tag])
        assert plan.doubts() == []
    assert world.run(rows) == ["accepted", "accepted already-sent"]
    assert set(world.sent().values()) == {1}


def test_more_than_a_night_may_have_stops_before_anything_is_sent(world):
    with pytest.raises(SettingsProblem, match=r"3 messages wait, and limits\.most_messages allows 2"):
        world.run([row(n, "1 March") for n in range(3)], **{"limits.most_messages": 2})
    assert world.gateway.calls == []
    told = world.run([row(n, "1 March") for n in range(3)], limit=2, **{"limits.most_messages": 2})
    assert told == ["accepted", "accepted", "pending"]


@pytest.mark.parametrize(
    ("forecast", "stopped"),
    [
        (Forecast(Decimal(3), {"DE": Decimal(3)}, ()), ["too-much"]),
        (Forecast(Decimal(2), {"DE": Decimal(2)}, ()), []),
        (Forecast(Decimal(0), {}, ("DE",)), ["too-much"]),
    ],
)
def test_so_do_more_credits_or_an_unknown_rate(world, forecast, stopped):
    world.write([row(n, "1 March") for n in range(3)])
    with world.opened() as store:
        plan = planned(world.campaign(**{"limits.most_credits": 2}), store, gateway="fake")
        found = gates.stops(gates.of(plan, GateFacts(waiting=forecast)))
    assert [one.code for one in found] == stopped


def test_without_a_limit_it_does_not_recur(world):
    world.write([row(0, "1 March")])
    with pytest.raises(SettingsProblem, match="how many messages a night may have"):
        Campaign.load(world.folder / "rdv.csv", options={**OPTIONS, "limits.most_messages": None}).recipe()


def test_another_once_per_is_refused(world):
    world.run([row(0, "1 March")])
    with pytest.raises(ChangedInputs, match="one message per Mobile and Date and Time, and not per Mobile"):
        world.run([row(1, "1 March")], once_per=["Mobile"])


def test_a_column_by_its_letter_is_the_column_that_it_was(world):
    """The export's columns change their order, and `column B` is another one: keys would be made of other cells."""
    by_letter = {"once_per": ["column B"]}
    assert world.run([row(0, "1 March")], **by_letter) == ["accepted"]
    world.tomorrow()
    assert world.run([row(0, "1 March"), row(1, "1 April")], **by_letter) == [
        "accepted already-sent",
        "accepted",
    ]
    world.tomorrow()
    world.write = lambda rows: world.folder.joinpath("rdv.csv").write_text(
        "".join(f"{mobile},{time},{date}\n" for mobile, date, time in [("Mobile", "Date", "Time"), *rows])
    )
    with pytest.raises(ChangedInputs, match="one message per Date, and not per Time"):
        world.run([row(0, "1 March")], **by_letter)
    assert world.run([row(0, "1 March")], once_per=["date"]) == ["accepted already-sent"]
    assert set(world.sent().values()) == {1}


def test_a_file_that_does_not_recur_is_still_refused_when_it_changes(world):
    world.run([row(0, "1 March")])
    with pytest.raises(ChangedInputs, match="has begun, and what it was planned from has changed"):
        world.run([row(1, "1 March")], recurring=False)


@pytest.mark.parametrize(("hours", "statuses"), [(19, "suppressed same-text-lately"), (21, "accepted")])
def test_the_same_text_for_another_key_waits_some_hours(world, hours, statuses):
    options = {"message": "RDV demain"}
    world.run([row(0, "1 March")], **options)
    world.now += timedelta(hours=hours)
    assert world.run([row(0, "2 March")], **options) == [statuses]
    assert world.code == DONE


def test_it_is_overruled_by_send_again(world):
    options = {"message": "RDV demain"}
    world.run([row(0, "1 March")], **options)
    world.write([row(0, "2 March")])
    with world.opened() as store:
        plan = planned(world.campaign(**options), store, gateway="fake", send_again=True)
    assert plan.summary.messages == 1
    assert plan.record.kind is EditionKind.RECURRENCE


def test_hours_of_zero_ask_for_no_text(world):
    options = {"message": "RDV demain", "limits.same_text_hours": 0}
    world.run([row(0, "1 March")], **options)
    assert world.run([row(0, "2 March")], **options) == ["accepted"]


def rejected(world):
    return world.folder / "rdv.rejected.csv"


def test_corrections_go_by_the_row_alone_and_lapse_without_a_word(world):
    from smscampaign.campaign.rejections import save_rejected

    bad = ("01 99", "1 March", "9:00")
    world.run([row(0, "1 March"), bad])
    with world.opened() as store:
        save_rejected(planned(world.campaign(), store, gateway="fake"))
    text = rejected(world).read_text()
    rejected(world).write_text(text.replace("01 99,", f"{NUMBERS[5]},"))
    world.tomorrow()
    told = world.run([bad, row(1, "2 March")])
    assert told == ["accepted", "accepted"]
    world.tomorrow()
    assert world.run([row(2, "3 March")]) == ["accepted"]
    assert not any("another one in the file" in one for one in world.campaign().source.remarks)
    assert (NUMBERS[5], "1 March 9:00") in world.sent()


def test_corrections_of_a_file_with_other_columns_lapse_and_stop_no_night(world):
    """What was put right and not yet taken, when the export changes the order, or the names, of its columns."""
    from smscampaign.campaign.rejections import save_rejected

    bad = ("01 99", "1 March", "9:00")
    world.run([row(0, "1 March"), bad])
    with world.opened() as store:
        save_rejected(planned(world.campaign(), store, gateway="fake"))
    text = rejected(world).read_text()
    rejected(world).write_text(text.replace("01 99,", f"{NUMBERS[5]},"))
    world.tomorrow()
    world.write = lambda rows: world.folder.joinpath("rdv.csv").write_text(
        "".join(f"{date},{mobile},{time}\n" for mobile, date, time in [("MOBILE", "Date", "Time"), *rows])
    )
    assert world.run([bad, row(1, "2 March")]) == [
        "rejected number-invalid",
        "accepted",
    ]
    with world.opened() as store:
        save_rejected(planned(world.campaign(), store, gateway="fake"))
    assert rejected(world).read_text().startswith("Date,MOBILE")


# Law 4, per key ---------------------------------------------------------------------------------------------------

#: More of them with `SMSCAMPAIGN_STORIES=200`.
STORIES = int(os.environ.get("SMSCAMPAIGN_STORIES", "8"))

TEXT = "{{ mobile }} {{ date }}"
KEYS = [(n, day) for n in range(3) for day in ("1", "2", "3")]
OUTCOMES = st.sampled_from(["taken", "lost", "taken, answer lost", "refused", "not sent"])
NIGHT = st.tuples(
    st.lists(st.sampled_from(KEYS), max_size=7),
    st.lists(OUTCOMES, max_size=6),
    st.booleans(),
    st.sampled_from([None, None, 1, 2]),
)
SCRIPT = {
    "taken": None,
    "lost": FakeGateway.lost,
    "taken, answer lost": InDoubt("timeout"),
    "refused": Refused("NO", "no"),
    "not sent": NotSent("away"),
}


class Scripted(Mute):
    """Answers by a list, in which None takes a call as usual."""

    def submit(self, chunk):
        with self._lock:
            scripted = self._script[0] if self._script else None
            if scripted is None and self._script:
                self._script.popleft()
                self.calls.append(chunk)
                return self._take(chunk, None)
        return super().submit(chunk)


@given(st.lists(NIGHT, min_size=2, max_size=4))
@settings(max_examples=STORIES)
def test_each_key_is_had_once_over_all_nights_whatever_happens(story):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.gateway = Scripted()
        for wanted, outcomes, mute, limit in story:
            world.gateway.mute = mute
            rows = [row(n, day) for n, day in wanted]
            world.run(rows, limit=limit, script=[SCRIPT[one] for one in outcomes], message=TEXT)
            world.gateway._script.clear()
            world.tomorrow()
            assert max(world.sent().values(), default=1) == 1
        # Then everything is asked for once more, and nobody is lost.
        world.gateway.mute = False
        everybody = dict.fromkeys(itertools.chain.from_iterable(wanted for wanted, *_ in story))
        rows = [row(n, day) for n, day in everybody]
        for _ in range(2):
            world.run(rows, message=TEXT)
            world.tomorrow()
        assert set(world.sent().values()) <= {1}
        # Whoever is not sent to is in doubt: the account's balance cannot tell of him any more, and a person has to.
        with world.opened() as store:
            doubts = planned(world.campaign(message=TEXT), store, gateway="fake").doubts()
        assert len(world.sent()) + sum(one for _, one, _ in doubts) >= len(everybody)
        assert (world.code == DONE) == (not doubts)


def test_a_stopped_question_is_no_answer(world):
    stop = Event()
    stop.set()
    world.gateway.mute = True
    world.run([row(0, "1 March")], script=[InDoubt("timeout")])
    with world.opened() as store:
        nights.settle(
            world.campaign(),
            store,
            world.gateway,
            LaunchOptions(pace=Pace(0), stop=stop, settle=timedelta(0)),
        )
        assert len(planned(world.campaign(), store, gateway="fake").doubts()) == 1
