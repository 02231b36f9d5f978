"""What became of every message, against the sandbox and its clock: each figure equals its record, and calls are counted."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from smscampaign.campaign.progress import watched
from smscampaign.gateway import open_ovhcloud
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.history import Finals
from smscampaign.journal import reasons, receipts
from smscampaign.journal.answers import answers
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Inputs, open_journal
from smscampaign.model import Delivery, Encoding, Message, Purpose, Recipient, Terms, Text
from smscampaign.receipts.following import listen
from smscampaign.receipts.looking import SILENCE, Looking
from smscampaign.responses import HISTORY_OVER, NEVER_SHOWN
from smscampaign.sandbox import Credential, Fault, FaultKind, Sandbox, running
from smscampaign.sandbox.fates import DELIVERED, fate
from smscampaign.sandbox.faults import Injector

MIX = {"failed_share": 0.02, "unreachable_share": 0.02, "delayed_share": 0.06}
TERMS = Terms(Purpose.TRANSACTIONAL)
EVERYTHING_BUT_DOCUMENTS = (("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/*/jobs"))


def number(line):
    return f"+337990{line:05d}"


class World:
    """A sandbox, a gateway to it, and a campaign in a journal that goes by the sandbox's clock."""

    def __init__(self, here, place, *, lines=60, size=25, texts=1):
        self.here, self.sandbox = here, here.world
        keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
        self.gateway = open_ovhcloud(keys=keys, calls_per_minute=0)
        self.store = open_journal(place, clock=self.now)
        self.told, self.slept, self.stop = [], [], Event()
        self.record = self.edition(range(2, lines + 2), size=size, texts=texts)

    def now(self):
        return datetime.fromtimestamp(self.sandbox.clock.now(), UTC)

    def edition(self, lines, *, size=25, texts=1, tag="tagtagtagt", name="spring", settings=None, send=True):
        record = self.store.begin(
            Inputs(name, "loopback", "", "f" * 64, {}, settings or {"purpose": "transactional"}), tag=tag
        )
        writer = PlanWriter(self.store, record)
        bodies = [Text(f"Hello; {one}\n“STOP”", Encoding.GSM7, 12, 1) for one in range(texts)]
        writer.add([Message(one, Recipient(number(one), "FR"), bodies[one % texts]) for one in lines])
        writer.seal(receivers_per_call=size, width=1, blank=0)
        self.store.mark_begun(self.store.find(name), account=self.gateway.service)
        record = self.store.find(name)
        if send:
            self.send(record)
        return record

    def send(self, record):
        queue = Queue(self.store, record, sender="Sandbox", terms=TERMS)
        with self.store.driving(together=True):
            while claims := queue.claim(100):
                for claim in claims:
                    queue.record([(claim, self.gateway.transport.submit(claim.chunk))])

    def looking(self, *records, sleep=None, history=None):
        history = history or self.gateway.history
        return Looking(self.store, records or (self.record,), history, self.stop, sleep or self.sleep)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.sandbox.clock.step(seconds)
        return self.stop.is_set()

    def listen(self, *records, follow=False, history=None):
        looking = self.looking(*records, history=history)
        return watched(listen(looking, follow=follow, tell=self.told.append), lambda _: None)

    def true(self):
        """The sandbox's own record: number → receipt, reason, when."""
        found, clock = {}, self.sandbox.clock.now()
        for call in self.sandbox.store.pages("1", ()):
            for at, msisdn in enumerate(call.numbers()):
                what = fate(call, call.first + at, now=clock, settings=self.sandbox.settings)
                then = None if what.delivered_at is None else int(what.delivered_at)
                found[msisdn] = (what.receipt, what.ptt, then)
        return found

    def kept(self):
        """The same by the journal, for those that have a last word."""
        found = {}
        for one in answers(self.store, self.record):
            if one.delivery in {Delivery.DELIVERED, Delivery.FAILED}:
                then = one.delivered_at and int(one.delivered_at.timestamp())
                found[one.recipient.msisdn] = (one.delivery, then)
        return found


def agreed(true):
    """The sandbox's record in the journal's words."""
    words = {DELIVERED: Delivery.DELIVERED, 2: Delivery.FAILED}
    return {one: (words[receipt], then) for one, (receipt, _, then) in true.items() if receipt in words}


@contextmanager
def world_of(place, settings=None, **more):
    with running(
        settings=Sandbox(**{"credits": Decimal(100_000), "document_delay": 0.0, **(settings or {})})
    ) as here:
        world = World(here, place, **more)
        with closing(world.store):
            yield world


@pytest.fixture
def world(tmp_path):
    with world_of(tmp_path / "spring.journal.sqlite", MIX) as one:
        yield one


@pytest.fixture
def calls(monkeypatch):
    """The calls that the sandbox was asked, by what they are."""
    counted, decide = Counter(), Injector.decide

    def counting(self, method, path):
        counted[re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+$", "ID", f"{method} {path}")] += 1
        return decide(self, method, path)

    monkeypatch.setattr(Injector, "decide", counting)
    return counted


def test_three_days_of_ten_thousand_messages_equal_the_sandbox_record(tmp_path, calls):
    with world_of(tmp_path / "x.sqlite", MIX, lines=10_000, size=500) as world:
        calls.clear()
        heard = world.listen(follow=True)
        asked = sum(many for what, many in calls.items() if "/auth/" not in what)
        assert heard.complete
        assert heard.standing == (10_000, 10_000)
        assert world.kept() == agreed(world.true())
        assert len(world.kept()) == 10_000
        reached = Counter(ptt for receipt, ptt, _ in world.true().values() if receipt != DELIVERED)
        assert {one.code: one.messages for one in reasons.failures(world.store, [world.record])} == reached
        assert set(reasons.known(world.store)) == set(reached)
        assert asked < 100, calls
        assert sum(world.slept) < timedelta(days=3).total_seconds()


def test_few_come_by_their_ids_and_nothing_is_asked_twice(tmp_path, calls):
    with world_of(tmp_path / "x.sqlite", {"receipt_delay": 0.0}, lines=3) as world:
        calls.clear()
        assert world.listen().complete
        assert calls["GET /sms/sms-sb00001-1/outgoing/ID"] == 3
        assert not [one for one in calls if "document" in one]
        calls.clear()
        assert world.listen().complete
        assert sum(calls.values()) == 0


def test_without_the_right_to_documents_they_come_one_by_one_and_the_right_is_named(tmp_path):
    keys = Credential(rules=EVERYTHING_BUT_DOCUMENTS)
    with world_of(tmp_path / "x.sqlite", {"receipt_delay": 0.0, "credentials": (keys,)}) as world:
        heard = world.listen()
        assert heard.complete
        assert world.kept() == agreed(world.true())
        (told,) = world.told
        assert "GET /me/document/*" in told


def test_without_the_right_to_the_history_it_says_so(tmp_path):
    keys = Credential(rules=(("GET", "/sms"), ("POST", "/sms/*/jobs")))
    with world_of(tmp_path / "x.sqlite", {"credentials": (keys,)}) as world:
        heard = world.listen(follow=True)
        assert heard.problem.lacks_right
        assert not heard.complete
        assert world.slept == []


def test_what_fails_in_the_middle_is_asked_again_and_what_came_before_is_kept(tmp_path):
    with world_of(tmp_path / "x.sqlite", {"receipt_delay": 0.0}, lines=60) as world:
        world.here.add_faults(
            Fault(FaultKind.STATUS, status=503, route="GET /sms/*/outgoing", times=2),
            Fault(FaultKind.STATUS, status=429, retry_after=0, route="GET /sms/*/document", times=1),
        )
        assert world.listen().complete
        assert world.kept() == agreed(world.true())


def test_a_server_that_stays_away_is_told_and_following_goes_on(tmp_path):
    with world_of(tmp_path / "x.sqlite", {"receipt_delay": 0.0}, lines=12) as world:
        world.here.add_faults(Fault(FaultKind.STATUS, status=503, route="GET /sms/*/outgoing"))
        heard = world.listen()
        assert (heard.complete, heard.standing.final, heard.problem.code) == (False, 0, "503")
        world.here.clear_faults()
        world.here.add_faults(Fault(FaultKind.STATUS, status=503, route="GET /sms/*/outgoing", times=4))
        assert world.listen(follow=True).complete
        assert any("Not all could be asked this time" in one for one in world.told)


def test_an_export_that_cannot_be_had_is_asked_for_in_halves_and_then_one_by_one(tmp_path, calls):
    with world_of(tmp_path / "x.sqlite", {"receipt_delay": 0.0}, lines=10, size=1) as world:
        world.sandbox.clock.step(7200)
        world.edition(range(20, 40), size=1, tag="othertagot", name="summer")
        summer = world.store.find("summer")
        world.here.add_faults(Fault(FaultKind.STATUS, status=400, route="GET /sms/*/document", times=1))
        calls.clear()
        assert world.listen(world.record, summer).complete
        assert calls["GET /sms/sms-sb00001-1/document"] == 3
        assert calls["GET /sms/sms-sb00001-1/outgoing/ID"] <= 12


def test_all_editions_are_asked_about_and_others_are_left(tmp_path):
    with world_of(tmp_path / "x.sqlite", {"receipt_delay": 0.0}, lines=20) as world:
        other = world.edition(range(100, 130), tag="othertagot", name="summer")
        assert world.listen().complete
        assert receipts.standing(world.store, [world.record]) == (20, 20)
        # An export of the same window had them as well, but their tags are not asked for.
        assert receipts.standing(world.store, [other]) == (30, 0)


def test_calls_whose_ids_nobody_knows_are_asked_by_their_tag(world):
    with world.store.writing() as connection:
        connection.exec_driver_sql("UPDATE chunk SET ids = NULL")
    world.sandbox.clock.step(3 * 86400)
    assert world.listen().complete
    assert world.kept() == agreed(world.true())


def test_while_a_run_is_at_work_following_waits(tmp_path):
    place = tmp_path / "x.sqlite"
    with world_of(place, {"receipt_delay": 0.0}, lines=5) as world, closing(open_journal(place)) as other:
        driving = ExitStack()
        driving.enter_context(other.driving())

        def sleep(seconds):
            driving.close()
            return world.sleep(seconds)

        following = listen(world.looking(sleep=sleep), follow=True, tell=world.told.append)
        assert watched(following, lambda _: None).complete
        assert [one.partition(":")[0] for one in world.told] == ["Not looked this time"]


def test_ctrl_c_keeps_what_was_read(world):
    looks = []

    def sleep(seconds):
        looks.append(seconds)
        world.stop.set()
        return True

    following = listen(world.looking(sleep=sleep), follow=True, tell=world.told.append)
    heard = watched(following, lambda _: None)
    assert heard.interrupted
    assert len(looks) == 1


class Silent:
    """A history that shows nothing; what a code means it knows."""

    def __init__(self, real):
        self.reason = real.reason

    def finals(self, start, end):
        return Finals(frozenset(), frozenset())

    def shown(self, start, end):
        return frozenset()


def test_what_is_older_than_the_history_is_unknown(world):
    world.sandbox.clock.step(190 * 86400)
    heard = world.listen(history=Silent(world.gateway.history))
    assert heard.complete
    (failures,) = reasons.failures(world.store, [world.record])
    assert failures == (Delivery.UNKNOWN, HISTORY_OVER, 60)
    told = {one.reason for one in answers(world.store, world.record, language="fr")}
    assert len(told) == 1
    assert told.pop().startswith("history-over: ")


def test_what_never_showed_is_unknown_days_after_its_validity_and_a_receipt_changes_that(world):
    world.sandbox.clock.step(2 * 86400 + 2 * 3600)
    silent = Silent(world.gateway.history)
    assert world.listen(history=silent).complete  # its validity is over
    assert reasons.failures(world.store, [world.record]) == []
    world.sandbox.clock.step(SILENCE.total_seconds())
    world.listen(history=silent)
    assert reasons.failures(world.store, [world.record]) == [(Delivery.UNKNOWN, NEVER_SHOWN, 60)]
    ids = world.gateway.history.shown(world.now() - timedelta(days=30), world.now())
    assert receipts.keep(world.store, world.gateway.history.one_by_one(ids, stop=Event())) == (60, 60)
    assert world.kept() == agreed(world.true())


@pytest.mark.parametrize("at", ["00:59:40", "01:10:00", "01:59:40"])
def test_a_summer_and_a_winter_clock(tmp_path, at):
    """Exports name no zone. Where an hour comes twice nothing leaves before it was made, nor arrives before that."""
    # 02:59:40 in Paris, for the first time; 02:10 and 02:59:40 for the second
    start = f"2026-10-25T{at}+00:00"
    settings = {"receipt_delay": 60.0, "start": start}
    with world_of(tmp_path / "x.sqlite", settings, lines=40) as world:
        world.sandbox.clock.step(3600)
        assert world.listen().complete
        with world.store.reading() as connection:
            rows = connection.exec_driver_sql("SELECT left_at, delivered_at FROM receipt").all()
        assert len(rows) == 40
        assert all(left <= arrived for left, arrived in rows)
        assert {left // 1_000_000 for left, _ in rows} == {
            int(call.due) for call in world.sandbox.store.pages("1", ())
        }
        assert world.kept() == agreed(world.true())


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu", "Europe/Paris"])
def test_whatever_zone_exports_are_written_in(tmp_path, zone):
    """OVHcloud does not say which one it is: one message that is told with its zone says it."""
    with world_of(tmp_path / "x.sqlite", {"receipt_delay": 5.0}, lines=30) as world:
        world.sandbox.clock._zone = ZoneInfo(zone)
        world.sandbox.clock.step(60)
        assert world.listen().complete
        assert world.kept() == agreed(world.true())


def test_a_journal_on_postgresql(database):
    with world_of(database, MIX, lines=60) as world:
        assert world.listen(follow=True).complete
        assert world.kept() == agreed(world.true())
        assert not world.listen().problem
