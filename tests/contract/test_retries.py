"""What failed for a while is sent once more, in a file and on a server: nobody delivered gets a second, nobody a third."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import update

from smscampaign.campaign import launch
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.launch import LaunchOptions
from smscampaign.errors import ChangedInputs, JournalProblem, SettingsProblem
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal import reasons, receipts, schema
from smscampaign.journal.answers import answers
from smscampaign.journal.calls import tag_of
from smscampaign.journal.laws import audit
from smscampaign.journal.retries import known_of
from smscampaign.journal.store import open_journal
from smscampaign.journal.stories import number_chapters
from smscampaign.model import Delivery, DeliveryReceipt, EditionKind, Reason, Refused, Status
from smscampaign.responses import Ptt

# Numbers that Germany's regulator keeps for films.
NUMBERS = [f"+4917139200{n:02d}" for n in range(20)]
OPTIONS = {"message": "Hello", "purpose": "transactional", "region": "DE", "sender": "Sandbox"}
ABSENT, UNKNOWN, EXPIRED = 24, 23, 25
MEANT = (
    Ptt(ABSENT, "Absent subscriber", "switched off", "temporary"),
    Ptt(UNKNOWN, "Unknown subscriber", "", "permanent"),
    Ptt(EXPIRED, "Expired", "", "indeterminated"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    place = (
        tmp_path / "spring.journal.sqlite"
        if request.param == "sqlite"
        else request.getfixturevalue("database")
    )
    opened = open_journal(place)
    yield opened
    opened.close()


@pytest.fixture(params=[False, True], ids=["by number", "by key"])
def plan(request, tmp_path, store):
    options = {**OPTIONS, **({"once_per": ["name"]} if request.param else {})}

    def made(people=range(6), kind=EditionKind.FIRST, **changed):
        path = tmp_path / "spring.csv"
        rows = [*(f"N{n},{NUMBERS[n]}\n" for n in people), f"N0,{NUMBERS[0]}\n", "Nobody,0\n"]
        path.write_text("name,mobile\n" + "".join(rows))
        campaign = Campaign.load(path, options={**options, **changed})
        return planned(campaign, store, gateway="fake", kind=kind)

    return made


def deliver(plan, gateway, **changes):
    how = LaunchOptions(**{"pace": Pace(0), "settle": timedelta(0), "first_wait": 0.001, **changes})
    return launch.deliver(plan, gateway, how, confirm=plan.yes)


def receivers(gateway):
    return Counter(number for chunk in gateway.taken for number in chunk.receivers)


def hear(store, record, fates, *, learn=True):
    """Receipts of an edition: of each number its delivery and the reason's code."""
    if learn:
        reasons.learn(store, MEANT)
    call = {one.recipient.msisdn: one.tag for one in answers(store, record) if one.tag}
    said = [
        DeliveryReceipt(1000 + NUMBERS.index(number), number, delivery, None, ptt, call[number])
        for number, (delivery, ptt) in fates.items()
    ]
    return receipts.keep(store, said)


FATES = {
    NUMBERS[0]: (Delivery.FAILED, ABSENT),
    NUMBERS[1]: (Delivery.FAILED, UNKNOWN),
    NUMBERS[2]: (Delivery.FAILED, EXPIRED),
    NUMBERS[3]: (Delivery.DELIVERED, 4),
    NUMBERS[4]: (Delivery.WAITING, ABSENT),
}


def test_only_what_failed_for_a_while_is_tried_again_and_only_once(plan, store):
    gateway = FakeGateway()
    first = plan()
    deliver(first, gateway)
    hear(store, first.record, FATES)
    retry = plan(kind=EditionKind.RETRY)
    assert (retry.record.kind, retry.summary.messages, retry.record.edition) == (EditionKind.RETRY, 1, 2)
    deliver(retry, gateway)
    assert receivers(gateway) == Counter(NUMBERS[:6]) + Counter([NUMBERS[0]])
    again = plan(kind=EditionKind.RETRY)  # nothing waits and nothing else failed
    assert again.record.same_plan(store.find("spring"))
    assert not again.record.proposed
    hear(store, store.find("spring"), {NUMBERS[0]: (Delivery.FAILED, ABSENT)})
    third = plan(kind=EditionKind.RETRY)
    assert not third.record.proposed
    assert all(check.ok for record in store.editions("spring") for check in audit(store, record))
    told = {one.line: one for one in answers(store, store.find("spring"))}
    assert [told[line].status.value for line in range(2, 10)] == [*["accepted"] * 6, "suppressed", "rejected"]
    assert [told[line].delivery for line in (2, 3, 5)] == [
        Delivery.FAILED,
        Delivery.FAILED,
        Delivery.DELIVERED,
    ]
    assert told[2].tag.startswith(store.find("spring").tag)
    assert "temporary" in told[2].reason
    assert told[3].reason.startswith("not-in-service")
    assert told[8].reason.startswith(Reason.DUPLICATE)
    # The first one's fate is kept in the story, with the moment at which it let go.
    one, two = number_chapters(store, "spring", NUMBERS[0])
    assert [event.what for event in one.happenings][-1] == "released"
    assert (one.receipt.delivery, two.receipt.delivery, two.status) == (
        *[Delivery.FAILED] * 2,
        Status.ACCEPTED,
    )
    assert [
        event.what for event in number_chapters(store, "spring", NUMBERS[1])[0].happenings if event.line
    ] == []


def test_the_audit_knows_a_retry_and_nothing_else_that_has_it_again(plan, store):
    first = plan()
    deliver(first, FakeGateway())
    hear(store, first.record, {NUMBERS[0]: (Delivery.FAILED, ABSENT)})
    deliver(plan(kind=EditionKind.RETRY), FakeGateway())
    with store.writing() as connection:
        ours = schema.campaign.c.kind == "retry"
        connection.execute(update(schema.campaign).where(ours).values(kind="amendment"))
    last = [check for check in audit(store, store.find("spring")) if not check.ok]
    assert [(one.faults, one.first) for one in last] == [(1, "who is in row 2 had it with edition 1")]


def test_a_retry_is_made_anew_when_more_is_known(plan, store):
    gateway = FakeGateway()
    first = plan()
    deliver(first, gateway)
    hear(store, first.record, {NUMBERS[0]: (Delivery.FAILED, ABSENT)})
    shown = plan(kind=EditionKind.RETRY)
    assert plan(kind=EditionKind.RETRY).code == shown.code
    hear(store, first.record, {NUMBERS[1]: (Delivery.FAILED, ABSENT)})
    # What was shown is of other people: its code is not good for these.
    more = plan(kind=EditionKind.RETRY)
    assert (more.summary.messages, more.code != shown.code) == (2, True)
    with pytest.raises(ChangedInputs):
        deliver(shown, gateway)
    # It turns out that one arrived before anybody said yes.
    hear(store, first.record, {NUMBERS[1]: (Delivery.DELIVERED, 4)})
    with pytest.raises(ChangedInputs, match="went on since"):
        deliver(more, gateway)
    last = plan(kind=EditionKind.RETRY)
    deliver(last, gateway)
    assert receivers(gateway) == Counter(NUMBERS[:6]) + Counter([NUMBERS[0]])


def test_a_receipt_that_comes_before_the_claim_keeps_the_row_out(plan, store):
    gateway = FakeGateway()
    first = plan(**{"limits.receivers_per_call": 1})
    deliver(first, gateway)
    hear(store, first.record, dict.fromkeys(NUMBERS[:3], (Delivery.FAILED, ABSENT)))
    one_by_one = {"limits.receivers_per_call": 1}
    retry = plan(kind=EditionKind.RETRY, **one_by_one)
    deliver(retry, gateway, limit=1)
    hear(store, first.record, {NUMBERS[1]: (Delivery.DELIVERED, 4)})
    deliver(plan(kind=EditionKind.RETRY, **one_by_one), gateway)
    assert receivers(gateway) == Counter(NUMBERS[:6]) + Counter([NUMBERS[0], NUMBERS[2]])
    told = {one.line: one for one in answers(store, store.find("spring"))}
    late = told[3]
    assert (late.status, late.delivery) == (Status.ACCEPTED, Delivery.DELIVERED)
    assert late.reason == "already-sent: its first message arrived after all"
    assert all(check.ok for record in store.editions("spring") for check in audit(store, record))


def test_who_was_never_sent_to_is_not_part_of_it(plan, store):
    gateway = FakeGateway([Refused("400", "no such number")])
    one_by_one = {"limits.receivers_per_call": 1, "limits.calls_at_once": 1}
    first = plan(**one_by_one)
    deliver(first, gateway)
    hear(store, first.record, {NUMBERS[3]: (Delivery.FAILED, ABSENT)})
    retry = plan(kind=EditionKind.RETRY, **one_by_one)
    deliver(retry, gateway)
    assert receivers(gateway) == Counter(NUMBERS[1:6]) + Counter([NUMBERS[3]])
    told = {one.line: one for one in answers(store, store.find("spring"))}
    assert (told[2].status, told[2].reason) == (Status.REFUSED, "400: no such number")
    assert (told[8].status, told[8].reason[:9]) == (Status.SUPPRESSED, "duplicate")


def test_nothing_is_tried_again_before_the_first_try_is_over(plan, store):
    gateway = FakeGateway()
    with pytest.raises(JournalProblem, match="nothing of this campaign was sent yet"):
        plan(kind=EditionKind.RETRY)
    first = plan(**{"limits.receivers_per_call": 1})
    deliver(first, gateway, limit=2)
    with pytest.raises(JournalProblem, match="wait to be sent for the first time"):
        plan(kind=EditionKind.RETRY, **{"limits.receivers_per_call": 1})
    with pytest.raises(ChangedInputs):
        plan(kind=EditionKind.RETRY, message="Another text")
    with pytest.raises(SettingsProblem, match="recurs"):
        plan(
            kind=EditionKind.RETRY,
            recurring=True,
            **{"limits.receivers_per_call": 1, "limits.most_messages": 50},
        )


def test_without_a_reason_nothing_is_tried_again(plan, store):
    gateway = FakeGateway()
    first = plan()
    deliver(first, gateway)
    hear(store, first.record, {NUMBERS[0]: (Delivery.FAILED, ABSENT)}, learn=False)
    assert not plan(kind=EditionKind.RETRY).record.proposed


def test_an_amendment_after_a_retry_sends_to_nobody_of_it(plan, store):
    gateway = FakeGateway()
    first = plan()
    deliver(first, gateway)
    hear(store, first.record, {NUMBERS[0]: (Delivery.FAILED, ABSENT)})
    deliver(plan(kind=EditionKind.RETRY), gateway)
    amended = plan(range(8), EditionKind.AMENDMENT)
    deliver(amended, gateway)
    assert receivers(gateway) == Counter(NUMBERS[:8]) + Counter([NUMBERS[0]])
    hear(store, amended.record, {NUMBERS[7]: (Delivery.FAILED, ABSENT)})
    # The results tell of the last message of who had two.
    told = {one.line: one for one in answers(store, store.find("spring"))}
    retried = store.editions("spring")[1]
    assert told[2].tag == tag_of(retried.tag, 1)
    deliver(plan(range(8), EditionKind.RETRY), gateway)
    assert receivers(gateway) == Counter(NUMBERS[:8]) + Counter([NUMBERS[0], NUMBERS[7]])
    assert all(check.ok for record in store.editions("spring") for check in audit(store, record))


def test_what_is_known_of_a_series_is_a_number_for_its_people_and_its_moment(plan, store):
    first = plan()
    deliver(first, FakeGateway())
    hear(store, first.record, {NUMBERS[0]: (Delivery.FAILED, ABSENT)})
    one = known_of(store, (first.record.id,), 7)
    assert one == known_of(store, (first.record.id,), 7) != known_of(store, (first.record.id,), 8)
    hear(store, first.record, {NUMBERS[1]: (Delivery.FAILED, ABSENT)})
    assert known_of(store, (first.record.id,), 7) != one
