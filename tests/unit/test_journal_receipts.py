"""Receipts in the journal: late, twice, out of order or contradictory, they come to the same; and each is of one message."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smscampaign.causes import Cause, failure_of, told_of
from smscampaign.gateway.exports import NoExport, lines_of
from smscampaign.gateway.history import ASSUMED_ZONE, _after, aware
from smscampaign.journal import aftermath, reasons, receipts
from smscampaign.journal.answers import answers
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.receipts import OpenCall
from smscampaign.journal.store import Inputs, open_journal
from smscampaign.model import (
    Accepted,
    Delivery,
    DeliveryReceipt,
    Encoding,
    Message,
    Purpose,
    Recipient,
    Terms,
    Text,
)
from smscampaign.receipts.windows import GAP, LEAST, windows_of
from smscampaign.responses import Ptt
from smscampaign.sandbox.fates import PTTS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def number(line):
    return f"+337990{line:05d}"


def planted(store, *messages, size=500):
    """A sealed plan of these (line, number's line, text, key), all of it accepted."""
    record = store.begin(Inputs("spring", "fake", "", "f" * 64, {}, {}), tag="tagtagtagt")
    writer = PlanWriter(store, record)
    writer.add(
        [
            Message(line, Recipient(number(whose), "FR"), Text(body, Encoding.GSM7, 5, 1), key)
            for line, whose, body, key in messages
        ]
    )
    writer.seal(receivers_per_call=size, width=1, blank=0)
    queue = Queue(store, store.find("spring"), sender=None, terms=Terms(Purpose.TRANSACTIONAL))
    for claim in queue.claim(99):
        ids = tuple(100 + line for line in claim.lines)
        queue.record([(claim, Accepted(ids, claim.chunk.receivers, (), Decimal(1), None))])
    return store.find("spring")


moments = st.none() | st.integers(0, 9).map(lambda minutes: NOW + timedelta(minutes=minutes))
heard = st.builds(
    DeliveryReceipt,
    id=st.sampled_from([102, 103, 104]),
    msisdn=st.sampled_from([number(2), number(3), f"00{number(4)[1:]}", number(77)]),
    delivery=st.sampled_from([Delivery.WAITING, Delivery.DELIVERED, Delivery.FAILED]),
    delivered_at=moments,
    ptt=st.sampled_from([None, 4, 23]),
    tag=st.sampled_from(["tagtagtagt-1", "tagtagtagt-2", "othertagot-1", "", "-1", "tagtagtagt-"]),
    left_at=moments,
)


@settings(max_examples=40)
@given(st.lists(heard, max_size=12), st.randoms(use_true_random=False))
def test_in_whatever_order_and_however_often_it_comes_to_the_same(some, chance):
    """One id belongs to one receiver, as at OVHcloud; for the rest they may say what they like."""
    some = [
        one for one in some if number(one.id - 100)[1:] == one.msisdn.removeprefix("00").removeprefix("+")
    ]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(2):
            with closing(open_journal(Path(folder) / f"{turn}.sqlite")) as store:
                record = planted(store, *((line, line, "Hello", b"") for line in (2, 3, 4)))
                for one in some:
                    receipts.keep(store, [one])
                receipts.keep(store, some)
                assert receipts.keep(store, some).new == 0
                found.append(
                    [(one.line, one.delivery, one.delivered_at, one.id) for one in answers(store, record)]
                )
            chance.shuffle(some)
    assert found[0] == found[1]
    for line, delivery, *_ in found[0]:
        ours = [one for one in some if one.id == 100 + line and one.tag == "tagtagtagt-1"]
        said = {one.delivery for one in ours}
        best = next((one for one in (Delivery.DELIVERED, Delivery.FAILED) if one in said), Delivery.WAITING)
        assert delivery is best


def test_where_one_number_has_several_messages_each_gets_its_own(journal):
    """With `once_per` a number may have two appointments: the call tells which one it is."""
    record = planted(
        journal, (2, 7, "at nine", b"a" * 16), (3, 7, "at ten", b"b" * 16), (4, 8, "at nine", b"c" * 16)
    )
    tags = {one.line: one.tag for one in answers(journal, record)}
    assert tags[2] == tags[4] != tags[3]
    receipts.keep(
        journal,
        [
            DeliveryReceipt(103, number(7), Delivery.FAILED, None, 23, tags[3]),
            DeliveryReceipt(102, number(7), Delivery.DELIVERED, NOW, 4, tags[2]),
        ],
    )
    assert [(one.id, one.delivery) for one in answers(journal, record)] == [
        (102, Delivery.DELIVERED),
        (103, Delivery.FAILED),
        (None, Delivery.WAITING),
    ]


def test_where_reading_breaks_off_what_was_read_is_kept(journal):
    record = planted(journal, *((line, line, "Hello", b"") for line in range(2, 12)))

    def breaking():
        for line in range(2, 7):
            yield DeliveryReceipt(100 + line, number(line), Delivery.DELIVERED, NOW, 4, "tagtagtagt-1")
        raise NoExport

    with pytest.raises(NoExport):
        receipts.keep(journal, breaking())
    assert receipts.standing(journal, [record]) == (10, 5)


def test_what_comes_slowly_is_kept_as_it_comes(journal, clock):
    """Read one by one, at the pace, a block would take half an hour, and a killed program begin anew each time."""
    record, kept = planted(journal, *((line, line, "Hello", b"") for line in range(2, 32))), []

    def slowly():
        for line in range(2, 32):
            kept.append(receipts.standing(journal, [record]).final)
            clock.step(1)
            yield DeliveryReceipt(100 + line, number(line), Delivery.DELIVERED, NOW, 4, "tagtagtagt-1")

    receipts.keep(journal, slowly())
    assert all(come - there <= 10 for come, there in enumerate(kept))
    assert receipts.standing(journal, [record]) == (30, 30)


def test_several_who_learn_the_same_at_once(tmp_path, clock):
    codes = [Ptt(code, "", "", "temporary") for code in range(100)]

    def learning(_):
        with closing(open_journal(tmp_path / "x.sqlite", clock=clock)) as one:
            for code in codes:
                reasons.learn(one, [code])
            return reasons.known(one)

    with ThreadPoolExecutor(3) as pool:
        assert all(len(known) == 100 for known in pool.map(learning, range(3)))


def test_what_codes_mean_is_kept_once(journal):
    assert reasons.known(journal) == {}
    one = Ptt(23, "Absent subscriber", "The number cannot be reached at all", "permanent")
    reasons.learn(journal, [one])
    reasons.learn(journal, [one, Ptt(24, "", "", "temporary")])
    assert reasons.known(journal)[23] == one
    with journal.reading() as connection:
        assert aftermath.has(connection, aftermath.ptt)


@pytest.mark.parametrize(
    ("comment", "description", "duration", "cause"),
    [
        ("Absent subscriber", "", "temporary", Cause.UNREACHABLE),
        ("Absent subscriber", "", "permanent", Cause.NOT_IN_SERVICE),
        ("Unknown subscriber", "", "permanent", Cause.NOT_IN_SERVICE),
        ("Invalid destination address", "", "permanent", Cause.NOT_IN_SERVICE),
        ("Expired", "The validity period is over", "indeterminated", Cause.EXPIRED),
        ("Memory capacity exceeded", "", "temporary", Cause.MEMORY_FULL),
        ("Rejected by the operator", "", "permanent", Cause.REFUSED),
        ("Call barred by user", "", "permanent", Cause.BLOCKED),
        ("Blacklisted", "", "permanent", Cause.BLOCKED),
        ("Template missing", "The text matches no approved template", "permanent", Cause.TEMPLATE),
        ("Lorem ipsum", "", "indeterminated", Cause.UNKNOWN),
    ],
)
def test_ovhclouds_words_are_read_into_a_closed_vocabulary(comment, description, duration, cause):
    found = failure_of(9, Ptt(9, comment, description, duration))
    assert found.cause is cause
    assert found.lasting is {"permanent": True, "temporary": False}.get(duration)
    assert found.advice


def test_each_reason_of_the_sandbox_is_known():
    causes = {failure_of(code, Ptt(code, *PTTS[code])).cause for code in (23, 24, 25, 1999)}
    assert causes == {Cause.NOT_IN_SERVICE, Cause.UNREACHABLE, Cause.EXPIRED, Cause.TEMPLATE}


def test_what_is_not_known_quotes_ovhcloud():
    known = Ptt(9, "Lorem ipsum", "", "temporary")
    assert told_of(Delivery.FAILED, 9, known) == 'unknown: OVHcloud says "Lorem ipsum" (temporary)'
    assert (
        told_of(Delivery.FAILED, None, None)
        == "unknown: OVHcloud does not say why (for how long nobody says)"
    )
    assert told_of(Delivery.DELIVERED, 9, known) is None


@given(st.lists(st.integers(1, 40), max_size=30))
def test_lines_come_whole_wherever_the_pieces_end(cuts):
    text = '\ufeffid;tag;message\r\n1;a;"Hé ""llo"";\nSTOP"\r\n2;b;"\n\n“”"\n3;c\n4;d;€'
    content, at, pieces = text.encode(), 0, []
    for cut in cuts:
        pieces.append(content[at : at + cut])
        at += cut
    pieces.append(content[at:])
    assert list(lines_of(pieces, ("message", "id"))) == [
        ('Hé "llo";\nSTOP', "1"),
        ("\n\n“”", "2"),
        ("€", "4"),
    ]


@pytest.mark.parametrize("content", [b"<html>", b"", b"\xff\xfe\x00", b"x" * 3_000_000])
def test_what_is_no_export_is_none(content):
    with pytest.raises(NoExport):
        list(lines_of([content], ("id", "tag")))


@given(st.integers(0, 3 * 86400), st.integers(0, 2 * 86400))
def test_nothing_is_delivered_before_it_left_and_else_to_the_second(leaves, takes):
    """Round the end of summer time, as exports write it: without the zone."""
    left = datetime(2026, 10, 23, 22, tzinfo=UTC) + timedelta(seconds=leaves)
    arrived = left + timedelta(seconds=takes)
    written = [f"{one.astimezone(ASSUMED_ZONE):%Y-%m-%d %H:%M:%S}" for one in (left, arrived)]
    read_left = aware(written[0], ASSUMED_ZONE)
    read = _after(written[1], ASSUMED_ZONE, read_left)
    assert read >= read_left
    assert abs(read - arrived) in {timedelta(0), timedelta(hours=1)}


def test_windows_hold_every_call_once():
    calls = [OpenCall(f"t-{n}", NOW + n * GAP * 2, NOW + n * GAP * 2, 400, (n,)) for n in range(10)]
    found = list(windows_of(calls))
    assert [one.messages for one in found] == [1200, 1200, 1200, 400]
    assert [one for window in found for one in window.ids] == list(range(10))
    assert all(one.messages >= LEAST for one in found[:-1])
