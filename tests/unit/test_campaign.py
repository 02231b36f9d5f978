"""The story, end to end: plan, confirm, deliver, resume, results; against the fake and against the sandbox."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from threading import Event
from types import MappingProxyType

import pytest

from smscampaign import sandbox
from smscampaign.advice.findings import Severity
from smscampaign.campaign import gates, launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import open_plan, planned
from smscampaign.campaign.files import Files
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.campaign.plans import Plan, queue_of
from smscampaign.campaign.run import ROUNDS
from smscampaign.errors import (
    ChangedInputs,
    FileProblem,
    GatewayProblem,
    JournalProblem,
    NotConfirmed,
    SettingsProblem,
    TemplateProblem,
)
from smscampaign.gateway import open_ovhcloud
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.store import open_journal
from smscampaign.model import Account, CountryCount, InDoubt, NotSent, Refused, Status
from smscampaign.pricing import Forecast, forecast
from smscampaign.sandbox import Fault, FaultKind, Sandbox

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(100)]
OPTIONS = {"message": "Hello {{ name }}", "purpose": "transactional", "region": "DE", "sender": "Sandbox"}


def table(count=6, extra=()):
    rows = [f"Name {n % 3},{NUMBERS[n]}" for n in range(count)]
    return "name,mobile\n" + "\n".join([*rows, *extra]) + "\n"


@pytest.fixture
def write(tmp_path):
    def put(content=None, name="spring.csv"):
        path = tmp_path / name
        path.write_text(table() if content is None else content)
        return path

    return put


@pytest.fixture
def store(tmp_path):
    opened = open_journal(tmp_path / "spring.journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def load(write):
    """The campaign as it stands on the disk now."""

    def at(path=None, **options):
        return Campaign.load(path or write(), options={**OPTIONS, **options})

    return at


@pytest.fixture
def plan(load, store):
    return planned(load(), store, gateway="fake")


def options(**changes):
    return LaunchOptions(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})


def deliver(plan, gateway, *, account="", **changes):
    return launch.deliver(plan, gateway, options(**changes), confirm=plan.code, account=account)


def receivers(gateway):
    return sorted(number for chunk in gateway.taken for number in chunk.receivers)


def results(plan, path):
    plan.save_results(path)
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


# Planning --------------------------------------------------------------------------------------------------------


def test_a_plan_is_made_from_the_file_and_the_settings_beside_it(write, store):
    path = write(table(4, ["Bad,12", f"Twin,{NUMBERS[0]}"]))
    path.with_suffix(".toml").write_text(
        'name = "Spring sale"\nmessage = "Hi"\npurpose = "marketing"\nregion = "FR"\nsender = "Shop"\n'
    )
    campaign = Campaign.load(path, options={"region": "DE"})
    plan = planned(campaign, store, gateway="fake")
    assert (campaign.name, campaign.settings.region) == ("Spring sale", "DE")
    assert (plan.summary.rows, plan.summary.messages, plan.summary.chunks) == (6, 4, 1)
    assert [one.reason for one in plan.summary.not_sent] != []
    assert len(plan.code) == 4
    assert not plan.begun
    assert [one.line for one in plan.sample(2)] == [2, 3]
    assert plan.tally().messages[Status.PENDING] == 4


def test_the_same_inputs_are_not_planned_twice(load, store, plan):
    again = planned(load(), store, gateway="fake")
    assert (again.record, again.code, again.summary) == (plan.record, plan.code, plan.summary)


@pytest.mark.parametrize(
    "change",
    [
        {"message": "Bye {{ name }}"},
        {"sender": "Other"},
        {"purpose": "marketing"},
        {"limits.parts": 3},
        {"sending.validity": 60},
    ],
)
def test_before_it_begins_a_change_makes_a_new_plan_with_a_new_code(load, store, plan, change):
    again = planned(load(**change), store, gateway="fake")
    assert again.code != plan.code
    assert again.record.tag != plan.record.tag


def test_a_plan_that_was_not_finished_is_made_again(load, store, monkeypatch):
    campaign = load()
    with monkeypatch.context() as patch:
        patch.setattr("smscampaign.campaign.sealed.planning.plan_into", lambda *_, **__: iter([1 / 0]))
        with pytest.raises(ZeroDivisionError):
            planned(campaign, store, gateway="fake")
    assert planned(campaign, store, gateway="fake").summary.messages == 6


def test_a_file_that_changes_while_it_is_read_is_told(load, store, write):
    campaign = load()
    with pytest.raises(FileProblem, match="changed while it was being read"):
        planned(campaign, store, gateway="fake", watch=lambda _: write(table(5)))
    assert planned(load(write(table(5))), store, gateway="fake").summary.messages == 5


@pytest.mark.parametrize(
    ("options", "problem", "words"),
    [
        ({"message": None}, SettingsProblem, "--message … "),
        ({"message": None, "purpose": None, "region": None}, SettingsProblem, "message, purpose and region"),
        ({"region": "ZZ"}, SettingsProblem, "ZZ"),
        ({"columns.number": "telefono"}, SettingsProblem, "telefono"),
        ({"columns.country": "land"}, SettingsProblem, "--country-column"),
        ({"message": "Hello {{ nmae }}"}, TemplateProblem, "nmae"),
        ({"message": "Hello {{ name"}, TemplateProblem, ""),
    ],
)
def test_what_is_wrong_is_found_before_a_row_is_read(load, store, options, problem, words):
    campaign = load(**options)
    with pytest.raises(problem) as caught:
        planned(campaign, store, gateway="fake")
    assert words.strip() in str(caught.value)
    assert store.find("spring") is None


def test_files_stand_beside_the_recipients_and_a_rehearsals_apart(tmp_path):
    real, rehearsal = (Files.beside(tmp_path / "spring.csv", rehearsal=one) for one in (False, True))
    assert (real.journal.name, real.results.name) == ("spring.journal.sqlite", "spring.results.csv")
    assert not {real.journal, real.results} & {rehearsal.journal, rehearsal.results}


# Delivering ------------------------------------------------------------------------------------------------------


def test_from_a_file_to_its_results(plan, tmp_path):
    gateway = FakeGateway()
    delivered = deliver(plan, gateway, account="sms-1")
    assert (delivered.halt, delivered.interrupted) == (None, False)
    assert delivered.tally.messages == {Status.ACCEPTED: 6}
    assert receivers(gateway) == NUMBERS[:6]
    assert {chunk.body for chunk in gateway.taken} == {"Hello Name 0", "Hello Name 1", "Hello Name 2"}
    plan.price({"DE": Decimal("1.3")})
    rows = results(plan, tmp_path / "out.csv")
    assert [row["sms_number"] for row in rows] == NUMBERS[:6]
    assert {row["sms_status"] for row in rows} == {"accepted"}
    assert {row["sms_credits"] for row in rows} == {"1.3"}
    assert {row["sms_tag"] for row in rows} == {chunk.tag for chunk in gateway.taken}


@pytest.mark.parametrize("confirm", ["", "AAAA", "yes", "y"])
def test_without_the_plans_own_code_nothing_leaves(plan, confirm):
    gateway = FakeGateway()
    with pytest.raises(NotConfirmed) as caught:
        launch.deliver(plan, gateway, options(), confirm=confirm)
    assert plan.code not in str(caught.value)
    assert gateway.calls == []
    assert not plan.store.find("spring").begun_at


def test_a_code_may_be_typed_in_small_letters(plan):
    gateway = FakeGateway()
    launch.deliver(plan, gateway, options(), confirm=f" {plan.code.lower()}\n")
    assert len(receivers(gateway)) == 6


LONG = "twenty per cent off in all our shops and in the garden"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"message": "Bye {{ name }}"}, "message: was 'Hello {{ name }}', is 'Bye {{ name }}'"),
        ({"sender": "Other"}, "sender: was 'Sandbox', is 'Other'"),
        ({"purpose": "marketing"}, "purpose: was 'transactional', is 'marketing'"),
        # What is alike is left out where a text is long, and what changed is shown.
        (
            {"message": f"Hello {{{{ name }}}}, {LONG} until Saturday. Call 01 99 00 56 78."},
            f"message: was 'Hello {{{{ name }}}}', is 'Hello {{{{ name }}}}, {LONG[:32]}…'",
        ),
        ({}, "file: was another content"),
    ],
)
def test_after_it_has_begun_a_change_is_named_and_nothing_is_sent(load, store, plan, write, change, named):
    gateway = FakeGateway()
    deliver(plan, gateway, limit=2)
    campaign = load(**change) if change else load(write(table(7)))
    with pytest.raises(ChangedInputs) as caught:
        planned(campaign, store, gateway="fake")
    assert named in caught.value.what
    assert "--amend" in caught.value.remedy
    assert len(gateway.taken) == 2


def test_another_gateway_after_it_has_begun_is_named(load, store, plan):
    deliver(plan, FakeGateway())
    with pytest.raises(ChangedInputs, match="was fake, is ovh-eu"):
        planned(load(), store, gateway="ovh-eu")


def test_another_account_after_it_has_begun_is_refused(load, store, plan):
    # The other account knows nothing of the calls in doubt: asking it would end in sending them twice.
    deliver(plan, FakeGateway([FakeGateway.lost]), account="sms-1", limit=1)
    gateway = FakeGateway()
    with pytest.raises(ChangedInputs, match="sms-1"):
        deliver(planned(load(), store, gateway="fake"), gateway, account="sms-2")
    assert gateway.calls == []
    deliver(planned(load(), store, gateway="fake"), gateway, account="sms-1")
    assert store.find("spring").inputs.account == "sms-1"


def test_a_file_that_changed_after_the_plan_was_shown_is_not_sent(plan, write):
    gateway = FakeGateway()
    write(table(3))
    with pytest.raises(ChangedInputs, match="file: was another content"):
        deliver(plan, gateway)
    assert gateway.calls == []


def test_a_plan_that_was_made_anew_since_is_not_sent(load, store, plan):
    planned(load(message="Bye"), store, gateway="fake")
    # And back again: equal inputs, but another tag, so that calls would be asked about under the wrong one.
    planned(load(), store, gateway="fake")
    gateway = FakeGateway()
    with pytest.raises(ChangedInputs, match="made anew"):
        deliver(plan, gateway)
    assert gateway.calls == []


def test_another_driver_is_told_and_nothing_is_sent(plan, tmp_path):
    gateway, other = FakeGateway(), open_journal(plan.store.path)
    with other.driving(), pytest.raises(JournalProblem, match="at work"):
        deliver(plan, gateway)
    other.close()
    assert gateway.calls == []


@pytest.mark.parametrize("limits", [(1, 2, 3), (5, 5), (6,), (100,)])
def test_a_limit_sends_that_many_rows_in_the_files_order(plan, tmp_path, limits):
    gateway, sent = FakeGateway(), 0
    for limit in limits:
        deliver(plan, gateway, limit=limit)
        sent = min(sent + limit, 6)
        assert receivers(gateway) == NUMBERS[:sent]
        statuses = [row["sms_status"] for row in results(plan, tmp_path / "out.csv")]
        assert statuses == ["accepted"] * sent + ["pending"] * (6 - sent)


def test_a_limit_counts_what_turned_out_not_to_have_been_sent(load, store, plan):
    # A crash after the first claim of two receivers; nothing of it had left.
    crashed(plan, count=1)
    gateway = FakeGateway()
    deliver(planned(load(), store, gateway="fake"), gateway, limit=1)
    assert receivers(gateway) == NUMBERS[:1]


def crashed(plan, *, count, gateway=None):
    """A process that ended after it had claimed so many calls, and made them if there is a gateway."""
    with plan.store.driving():
        plan.store.mark_begun(plan.record, account="")
        queue = queue_of(plan)
        queue.keep_balance(FakeGateway().account().credits_left, since=0)
        for claim in queue.claim(count):
            if gateway:
                gateway.submit(claim.chunk)


@pytest.mark.parametrize("made", [True, False])
def test_after_a_crash_a_run_goes_on_where_it_stopped(load, store, plan, made):
    gateway = FakeGateway()
    crashed(plan, count=2, gateway=gateway if made else None)
    again = planned(load(), store, gateway="fake")
    assert again.begun
    assert again.code == plan.code
    assert again.tally().messages == {Status.IN_DOUBT: 4, Status.PENDING: 2}
    assert len(again.doubts()) == 2
    delivered = deliver(again, gateway)
    assert Counter(receivers(gateway)) == Counter(NUMBERS[:6])
    assert delivered.tally.messages == {Status.ACCEPTED: 6}


def test_reconciling_asks_and_sends_nothing(plan):
    gateway = FakeGateway()
    crashed(plan, count=2, gateway=gateway)
    before = len(gateway.calls)
    launch.reconcile(plan, gateway, options())
    assert len(gateway.calls) == before
    assert plan.tally().messages == {Status.ACCEPTED: 4, Status.PENDING: 2}


def test_a_halt_is_told_and_what_is_left_stays_pending(plan):
    delivered = deliver(plan, FakeGateway([Refused("INVALID_KEY", "wrong", stops=True)]), workers=1)
    assert delivered.halt == "INVALID_KEY: wrong"
    assert delivered.tally.messages == {Status.PENDING: 6}


def test_what_stopped_before_anything_left_may_be_changed(load, store, plan):
    deliver(plan, FakeGateway([Refused("400", "Sms sender does not exist", stops=True)]), workers=1)
    again = planned(load(sender="Another"), store, gateway="fake")
    assert not again.begun
    gateway = FakeGateway()
    deliver(again, gateway, account="sms-2")
    assert receivers(gateway) == NUMBERS[:6]


@pytest.mark.parametrize("first", [FakeGateway.lost, Refused("400", "bad text"), InDoubt("cut off"), None])
def test_what_may_have_left_may_not_be_changed(load, store, plan, first):
    deliver(plan, FakeGateway([first]), workers=1, limit=1)
    with pytest.raises(ChangedInputs):
        planned(load(sender="Another"), store, gateway="fake")


def test_a_stop_is_told(plan):
    stop = Event()
    stop.set()
    delivered = deliver(plan, FakeGateway(), stop=stop)
    assert delivered.interrupted
    assert delivered.tally.messages == {Status.PENDING: 6}


def test_calls_that_are_lost_again_and_again_end_pending(load, store):
    plan = planned(load(**{"brakes.doubts_in_a_row": 0}), store, gateway="fake")
    gateway = FakeGateway([FakeGateway.lost] * 100)
    delivered = deliver(plan, gateway, workers=1)
    assert len(gateway.calls) == 3 * ROUNDS
    assert gateway.taken == []
    assert delivered.tally.messages == {Status.PENDING: 6}


def test_a_call_that_was_lost_once_is_sent_in_the_same_run(plan):
    gateway = FakeGateway([FakeGateway.lost, InDoubt("cut off"), NotSent("429")])
    delivered = deliver(plan, gateway, workers=1)
    assert Counter(receivers(gateway)) == Counter(NUMBERS[:6])
    assert delivered.tally.messages == {Status.ACCEPTED: 6}


def test_progress_is_told(plan):
    said = []
    deliver(plan, FakeGateway(), watch=said.append)
    assert [one.stage for one in said][-1] == "sending"
    assert (said[-1].done, said[-1].total) == (6, 6)


# Results ---------------------------------------------------------------------------------------------------------


def test_results_account_for_every_row(load, store, write, tmp_path):
    path = write(table(2, ["Bad,12", f"Twin,{NUMBERS[0]}", "short", "", f"=1+1,{NUMBERS[5]}"]))
    plan = planned(load(path), store, gateway="fake")
    rows = results(plan, tmp_path / "out.csv")
    assert [(row["sms_row"], row["sms_status"]) for row in rows] == [
        ("2", "pending"),
        ("3", "pending"),
        ("4", "rejected"),
        ("5", "suppressed"),
        ("6", "rejected"),
        ("8", "pending"),
    ]
    assert rows[5]["name"] == "=1+1"
    assert "row 2" in rows[3]["sms_reason"]


def test_results_are_not_attached_to_a_file_whose_rows_moved(plan, write, tmp_path):
    # As many rows, in another order: without the digest everybody would get somebody else's answer.
    header, *rows = table().splitlines()
    write("\n".join([header, *reversed(rows)]) + "\n")
    with pytest.raises(FileProblem, match="not the one that was planned"):
        plan.save_results(tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_plan_can_be_opened_again_for_its_status(load, store, plan):
    deliver(plan, FakeGateway(), limit=1)
    again = open_plan(load(message="Changed since"), store)
    assert again.tally().messages == {Status.ACCEPTED: 1, Status.PENDING: 5}
    assert again.summary == plan.summary


def test_an_error_reads_as_place_what_and_remedy():
    assert str(SettingsProblem("wrong", where="row 3", remedy="Mend it.")) == "row 3: wrong\nMend it."
    assert str(SettingsProblem("wrong")) == "wrong"


def test_a_campaign_that_was_not_planned_has_no_status(load, store):
    with pytest.raises(JournalProblem, match="not planned here yet") as caught:
        open_plan(load(), store)
    assert "--dry-run" in caught.value.remedy


# Costs -----------------------------------------------------------------------------------------------------------


def test_prices_are_kept_with_the_plan(plan):
    assert plan.price({"DE": Decimal("1.3")}) == Forecast(Decimal("7.8"), {"DE": Decimal("7.8")}, ())
    assert plan.rates() == {"DE": Decimal("1.3")}


def test_what_waits_is_priced_by_what_is_left_and_by_the_limit(load, store, plan):
    rates = {"DE": Decimal(2)}
    assert plan.price_waiting(rates, limit=None).credits == 12
    assert plan.price_waiting(rates, limit=2).credits == 4
    deliver(plan, FakeGateway(), limit=4)
    assert planned(load(), store, gateway="fake").price_waiting(rates, limit=None).credits == 4


class Purse(FakeGateway):
    def __init__(self, left, status="enable"):
        super().__init__()
        self.left, self.status = Decimal(left), status

    def account(self):
        return Account("sms-1", "", self.status, self.left, "both")


def asked(plan, gateway, waiting):
    return gates.of(plan, gates.GateFacts().asked(gateway, waiting))


@pytest.mark.parametrize(
    ("left", "known", "enough"),
    [("10", True, True), ("9.9", True, False), ("0", True, False), ("1", False, True), ("0", False, False)],
)
def test_an_account_must_be_able_to_pay(plan, left, known, enough):
    bill = forecast((CountryCount("DE", 5, 5),), {"DE": Decimal(2)} if known else {})
    found = asked(plan, Purse(left), bill)
    if enough:
        assert gates.stops(found) == []
        return
    with pytest.raises(GatewayProblem, match="not enough credits") as caught:
        gates.refuse(found)
    assert caught.value.where == "sms-1"


def test_an_empty_account_may_still_ask_about_doubts(plan):
    assert gates.stops(asked(plan, Purse("0"), forecast((), {}))) == []


def test_an_account_that_is_disabled_is_told(plan):
    with pytest.raises(GatewayProblem, match="status is disable"):
        gates.refuse(asked(plan, Purse("10", "disable"), forecast((), {})))


@pytest.mark.parametrize(("code", "goes_on"), [("NOT_GRANTED_CALL", True), ("INVALID_KEY", False)])
def test_keys_that_may_not_see_the_account_are_a_note_and_wrong_keys_are_not(plan, code, goes_on):
    class Blind(FakeGateway):
        def account(self):
            raise GatewayProblem("no", code=code)

    if goes_on:
        found = asked(plan, Blind(), forecast((), {}))
        assert [(one.code, one.severity) for one in found] == [("account-unseen", Severity.WARNING)]
    else:
        with pytest.raises(GatewayProblem):
            asked(plan, Blind(), forecast((), {}))


# Over real HTTP --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "faults",
    [
        (),
        (Fault(FaultKind.DROP_AFTER, nth=2),),
        (Fault(FaultKind.DROP_BEFORE, nth=1),),
        (
            Fault(FaultKind.STATUS, status=502, after=True, times=2),
            Fault(FaultKind.STATUS, status=429, nth=1),
        ),
        (Fault(FaultKind.DROP_AFTER, probability=0.4), Fault(FaultKind.STATUS, status=500, probability=0.3)),
    ],
)
def test_the_sandbox_took_everybody_once_whatever_went_wrong(load, store, write, tmp_path, faults):
    with sandbox.running(settings=Sandbox(seed=3), faults=faults) as here:
        keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
        gateway = open_ovhcloud(keys=keys, calls_per_minute=0)
        plan = planned(load(write(table(60)), **{"limits.receivers_per_call": 7}), store, gateway="loopback")
        for _ in range(3):
            delivered = deliver(plan, gateway, account=gateway.service)
            if delivered.tally.messages == {Status.ACCEPTED: 60}:
                break
        taken = [one["receiver"] for one in here.accepted()]
        charged = sum(Decimal(one["credits"]) for one in here.accepted())
        bill = plan.price({"DE": gateway.rate("DE")})
    assert Counter(taken) == Counter(NUMBERS[:60])
    assert bill.credits == charged
    assert not delivered.tally.unpriced or faults
    assert {row["sms_status"] for row in results(plan, tmp_path / "out.csv")} == {"accepted"}


def test_a_plan_has_the_same_code_in_every_journal(plan, load, store, tmp_path):
    elsewhere = open_journal(tmp_path / "other.sqlite")
    assert isinstance(plan, Plan)
    assert planned(load(), elsewhere, gateway="fake").code == plan.code
    elsewhere.close()


def test_a_code_stands_for_where_it_is_sent_from_which_account_and_under_which_name(load, tmp_path):
    def code(gateway="ovh-eu", account="", options=MappingProxyType({})):
        elsewhere = open_journal(tmp_path / f"{len(list(tmp_path.iterdir()))}.sqlite")
        try:
            return planned(load(**options), elsewhere, gateway=gateway, account=account).code
        finally:
            elsewhere.close()

    plain = code()
    others = [
        code("ovh-ca"),
        code("sandbox"),
        code(account="sms-1"),
        code(account="sms-2"),
        code(options={"name": "other"}),
    ]
    assert len({plain, *others}) == 6
    assert code(account="sms-1") == code(options={"account": "sms-1"})
    # A sandbox has an account of its own, whatever the campaign names.
    assert (
        code("sandbox")
        == code("sandbox", account="sms-sb00001-1")
        == code("sandbox", options={"account": "sms-1"})
    )


def test_where_no_account_was_named_the_code_of_before_it_was_known_is_a_yes_too(load, store):
    unknown = planned(load(), store, gateway="fake")
    known = planned(load(), store, gateway="fake", account="sms-1")
    other = planned(load(), store, gateway="fake", account="sms-2")
    named = planned(load(account="sms-1"), store, gateway="fake", account="sms-1")
    assert known.record.tag == other.record.tag == named.record.tag
    assert known.is_confirmed_by(unknown.code)
    assert not other.is_confirmed_by(known.code)
    assert named.is_confirmed_by(known.code)
    assert not named.is_confirmed_by(unknown.code)
    assert not unknown.is_confirmed_by(known.code)


def test_a_campaign_goes_on_under_the_code_it_began_with(load, store):
    approved = planned(load(), store, gateway="fake").code
    for limit in (2, None):
        plan = planned(load(), store, gateway="fake", account="sms-1")
        assert plan.is_confirmed_by(approved)
        launch.deliver(plan, FakeGateway(), options(limit=limit), confirm=approved, account="sms-1")
    assert plan.code == planned(load(), store, gateway="fake").code
