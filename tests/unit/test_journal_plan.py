"""Writing a plan: one person one message, equal texts together, sealed whole or not at all."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from smscampaign.errors import JournalProblem
from smscampaign.journal import contacts, nights, plan, schema, texts, twins
from smscampaign.journal.answers import answers
from smscampaign.journal.exclusions import Excluded
from smscampaign.journal.fates import tally
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.journal.summaries import stored_summary
from smscampaign.languages import say
from smscampaign.model import (
    CountryCount,
    Encoding,
    Message,
    Purpose,
    Reason,
    ReasonCount,
    Recipient,
    Rejection,
    Repair,
    RepairCount,
    Rescued,
    Status,
    Terms,
    Text,
)

MARKETING = Terms(Purpose.MARKETING)


def rows_of(journal, table, record):
    with journal.reading() as connection:
        return connection.execute(select(table).where(table.c.campaign == record.id)).all()


def claims_of(journal, record):
    return Queue(journal, record, sender=None, terms=MARKETING).claim(10_000)


@pytest.fixture
def record(journal, inputs):
    return journal.begin(inputs(), tag="tagtagtagt")


@pytest.fixture
def writer(journal, record):
    return PlanWriter(journal, record)


def test_of_one_number_in_one_block_the_first_row_wins_and_the_others_name_it(
    journal, record, writer, message
):
    writer.add([message(2, number=7), message(3, "Other text", number=7), message(4, number=8)])
    summary = writer.seal(receivers_per_call=500, width=2, blank=0)
    assert (summary.rows, summary.messages) == (3, 2)
    assert summary.not_sent == (
        ReasonCount(Reason.DUPLICATE, 1, 3, "the same number as row 2, which gets the message"),
    )
    assert [(one.line, one.status) for one in answers(journal, record)] == [
        (2, Status.PENDING),
        (3, Status.SUPPRESSED),
        (4, Status.PENDING),
    ]


def test_of_one_number_in_two_blocks_the_first_row_wins(journal, record, writer, message):
    writer.add([message(2, number=7)])
    writer.add([message(3, number=7), message(4, number=7)])
    writer.seal(receivers_per_call=500, width=2, blank=0)
    assert [(one.line, one.status) for one in answers(journal, record)][1:] == [
        (3, Status.SUPPRESSED),
        (4, Status.SUPPRESSED),
    ]
    assert all("row 2" in one.reason for one in answers(journal, record) if one.line > 2)


class Those:
    """An exclusion of some numbers, that keeps what it was asked."""

    def __init__(self, numbers, because="no", had=None):
        self._numbers, self._because, self._had, self.asked = numbers, because, had or {}, []

    def of(self, asked):
        self.asked.append(dict(zip(asked.numbers, asked.bodies, strict=True)))
        return {
            line: Excluded(Reason.ALREADY_SENT, say(self._because), self._had.get(number - 33639980000))
            for line, number in zip(asked.lines, asked.numbers, strict=True)
            if number - 33639980000 in self._numbers
        }


def test_an_excluded_number_becomes_a_suppressed_row_before_anything_is_compared(journal, record, message):
    no, also = Those([7], "first"), Those([7, 8], "second")
    writer = PlanWriter(journal, record, exclusions=[no, also])
    writer.add(
        [message(2, number=7), message(3, "B", number=8), message(4, "B", number=9), message(5, number=7)]
    )
    summary = writer.seal(receivers_per_call=500, width=2, blank=0)
    assert (summary.rows, summary.messages, summary.texts) == (4, 1, 1)
    assert no.asked == [{33639980007: "Hello", 33639980008: "B", 33639980009: "B"}]
    assert {one.line: one.reason for one in answers(journal, record)} == {
        2: "already-sent: first",
        3: "already-sent: second",
        4: "",
        5: "already-sent: first",
    }
    assert tally(journal, record).messages == {Status.PENDING: 1, Status.SUPPRESSED: 3}


@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_a_message_of_before_has_one_row_and_further_rows_with_its_number_are_duplicates(
    journal, record, message, blocks
):
    writer = PlanWriter(journal, record, exclusions=[Those([7, 8], had={7: (99, 2), 8: (99, 3)})])
    rows = [message(2, number=7), message(3, number=8), message(4, number=7), message(5, number=7)]
    for at in range(blocks):
        size = len(rows) // blocks
        writer.add(rows[at * size : (at + 1) * size])
    summary = writer.seal(receivers_per_call=500, width=2, blank=0)
    assert {one.reason: one.count for one in summary.not_sent} == {"already-sent": 2, "duplicate": 2}
    told = [
        (row.line, row.reason, row.edition, row.edition_line, row.twin)
        for row in rows_of(journal, schema.rejection, record)
    ]
    assert sorted(told) == [
        (2, "already-sent", 99, 2, None),
        (3, "already-sent", 99, 3, None),
        (4, "duplicate", None, None, 2),
        (5, "duplicate", None, None, 2),
    ]


def test_the_index_itself_refuses_a_second_message_to_one_number(journal, record, writer, message):
    writer.add([message(2, number=7)])
    row = {"campaign": record.id, "line": 3, "msisdn": 33639980007, "country": "FR", "text": 1}
    with pytest.raises(IntegrityError), journal.writing() as connection:
        connection.execute(insert(schema.message), [row])


def test_a_text_of_a_message_that_lost_to_another_is_not_counted(writer, message):
    writer.add([message(2, "A", number=1), message(3, "B", number=1)])
    assert writer.seal(receivers_per_call=500, width=2, blank=0).texts == 1


def test_an_empty_block_and_an_empty_plan_can_be_sealed(journal, record, writer):
    writer.add([])
    summary = writer.seal(receivers_per_call=500, width=2, blank=3)
    assert (summary.rows, summary.chunks, summary.blank, summary.spread) == (0, 0, 3, ())
    assert claims_of(journal, record) == []


@pytest.mark.parametrize(
    ("rows", "size", "sizes"),
    [
        (1, 500, [1]),
        (499, 500, [499]),
        (500, 500, [500]),
        (501, 500, [500, 1]),
        (1000, 500, [500, 500]),
        (3, 1, [1, 1, 1]),
    ],
)
def test_equal_texts_are_grouped_into_calls_of_at_most_so_many_receivers(
    journal, record, writer, message, rows, size, sizes
):
    writer.add([message(line) for line in range(2, rows + 2)])
    assert writer.seal(receivers_per_call=size, width=2, blank=0).chunks == len(sizes)
    assert [len(claim.chunk.receivers) for claim in claims_of(journal, record)] == sizes


def test_scattered_equal_texts_meet_in_one_call(journal, planted):
    record = planted(journal, ["A", "B", "A", "C", "A"])
    assert [(claim.chunk.body, claim.lines) for claim in claims_of(journal, record)] == [
        ("A", (2, 4, 6)),
        ("B", (3,)),
        ("C", (5,)),
    ]


def test_the_summary_adds_up_and_comes_back_as_it_was_sealed(journal, record, writer):
    gsm, ucs = Text("Hello", Encoding.GSM7, 5, 1), Text("Zażółć…", Encoding.UCS2, 90, 2)
    writer.add(
        [
            Message(2, Recipient("+33639980001", "FR"), gsm),
            Message(3, Recipient("+33639980002", "FR"), ucs),
            Message(4, Recipient("+447700900001", "GB"), ucs),
            Rejection(6, Reason.NUMBER_MISSING, "the second"),
            Rejection(5, Reason.NUMBER_MISSING, "the first"),
            Rejection(7, Reason.RAGGED_ROW, "ragged"),
        ]
    )
    summary = writer.seal(receivers_per_call=500, width=4, blank=1)
    assert summary == stored_summary(journal.find("spring"))
    assert (summary.rows, summary.messages, summary.texts, summary.parts) == (6, 3, 2, 5)
    assert (summary.gsm7, summary.ucs2, summary.spread) == (1, 2, ((1, 1), (2, 2)))
    assert summary.countries == (CountryCount("FR", 2, 3), CountryCount("GB", 1, 2))
    assert summary.not_sent == (
        ReasonCount(Reason.NUMBER_MISSING, 2, 5, "the first"),
        ReasonCount(Reason.RAGGED_ROW, 1, 7, "ragged"),
    )
    assert (summary.width, summary.blank) == (4, 1)


def test_a_plan_is_sealed_whole_or_not_at_all(journal, record, writer, message, monkeypatch):
    writer.add([message(2), message(3, "Other")])
    monkeypatch.setattr(PlanWriter, "_summary", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        writer.seal(receivers_per_call=500, width=2, blank=0)
    assert journal.find("spring").sealed_at is None
    assert rows_of(journal, schema.chunk, record) == []


def test_planning_again_makes_room_and_leaves_other_campaigns_alone(journal, inputs, planted, message):
    other = PlanWriter(journal, journal.begin(inputs("autumn"), tag="autumn"))
    other.add([message(2)])
    other.seal(receivers_per_call=500, width=2, blank=0)
    first = planted(journal, ["A", "B"])
    again = planted(journal, ["C"], tag="freshfresh")
    assert again.tag == "freshfresh"
    assert [one.text.body for one in answers(journal, again)] == ["C"]
    assert len(list(answers(journal, journal.find("autumn")))) == 1
    with journal.reading() as connection:
        assert connection.execute(select(func.count()).select_from(schema.campaign)).scalar_one() == 2
    assert first.tag != again.tag


def test_planning_again_forgets_rates_rejections_and_events_too(journal, inputs, message):
    record = journal.begin(inputs(), tag="one")
    writer = PlanWriter(journal, record)
    writer.add([message(2), Rejection(3, Reason.NUMBER_MISSING, "none")])
    writer.seal(receivers_per_call=500, width=2, blank=0)
    claims_of(journal, record)
    journal.begin(inputs(), tag="two")
    with journal.reading() as connection:
        for table in schema.metadata.sorted_tables:
            if "campaign" in table.c:
                assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0, (
                    table.name
                )


def test_a_campaign_that_has_begun_is_never_planned_again(journal, inputs, planted):
    record = planted(journal, ["A"])
    journal.mark_begun(record, account="sms-1")
    with pytest.raises(JournalProblem, match="already begun"):
        journal.begin(inputs(), tag="other")
    assert [one.text.body for one in answers(journal, record)] == ["A"]


def test_texts_that_came_back_after_they_were_forgotten_are_merged_when_sealed(
    journal, record, writer, message, monkeypatch
):
    monkeypatch.setattr(texts, "TEXTS_REMEMBERED", 2)
    bodies = ["A", "B", "C", "A", "D", "B", "A", "E"]
    for line, body in enumerate(bodies, 2):
        writer.add([message(line, body)])
    summary = writer.seal(receivers_per_call=500, width=2, blank=0)
    assert (summary.texts, summary.chunks) == (5, 5)
    assert {claim.chunk.body: claim.lines for claim in claims_of(journal, record)} == {
        "A": (2, 5, 8),
        "B": (3, 7),
        "C": (4,),
        "D": (6,),
        "E": (9,),
    }
    assert [one.text.body for one in answers(journal, record)] == bodies


_PLANNED = st.lists(
    st.one_of(
        st.tuples(st.just("message"), st.integers(1, 12), st.sampled_from("ABCDE")),
        st.tuples(st.just("rejection"), st.sampled_from(list(Reason)), st.just("")),
    ),
    max_size=30,
)


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(planned=_PLANNED, block=st.integers(1, 7), size=st.integers(1, 4), remembered=st.integers(1, 3))
def test_every_row_ends_as_one_message_or_one_rejection(
    inputs, message, monkeypatch, planned, block, size, remembered
):
    monkeypatch.setattr(texts, "TEXTS_REMEMBERED", remembered)
    rows = [
        message(line, body, number=number)
        if kind == "message"
        else Rejection(line, number, f"why row {line}")
        for line, (kind, number, body) in enumerate(planned, 2)
    ]
    with tempfile.TemporaryDirectory() as folder:
        journal = open_journal(Path(folder) / "j.sqlite")
        record = journal.begin(inputs(), tag="tagtagtagt")
        writer = PlanWriter(journal, record)
        for start in range(0, len(rows), block):
            writer.add(rows[start : start + block])
        summary = writer.seal(receivers_per_call=size, width=2, blank=0)
        lines = [one.line for one in answers(journal, record)]
        sums = tally(journal, record)
        claims = claims_of(journal, record)
        journal.close()
    assert lines == [row.line for row in rows]
    assert summary.rows == len(rows) == sum(sums.messages.values())
    assert summary.messages == sum(len(claim.lines) for claim in claims) == len({*_numbers(claims)})
    assert len(claims) == summary.chunks
    winners = defaultdict(list)
    for claim in claims:
        assert len(claim.lines) <= size
        winners[claim.chunk.body] += claim.lines
    # As few calls as possible: only the last one of each text has room left.
    assert len(claims) == sum(-(-len(lines) // size) for lines in winners.values())
    reasons = Counter(row.reason for row in rows if isinstance(row, Rejection))
    duplicates = sum(isinstance(row, Message) for row in rows) - summary.messages
    assert {one.reason: one.count for one in summary.not_sent} == reasons + Counter(
        {Reason.DUPLICATE: duplicates}
    )


def _numbers(claims):
    return [number for claim in claims for number in claim.chunk.receivers]


def test_repairs_and_suggestions_are_kept_and_counted(journal, inputs):
    def to(line, msisdn, repair=None):
        text = Text("Hello", Encoding.GSM7, 5, 1)
        whom = Rescued(msisdn, "FR", repair) if repair else Recipient(msisdn, "FR")
        return Message(line, whom, text)

    writer = PlanWriter(journal, journal.begin(inputs(), tag="t"), language="pl")
    zero = Repair.LEADING_ZERO
    writer.add([to(4, "+33639980004", zero), to(3, "+33639980003"), to(2, "+33639980002", zero)])
    bad = Rejection(5, Reason.NUMBER_INVALID, "why", "another way")
    writer.add([bad, to(6, "+33639980006", Repair.DECIMAL_ZERO), to(7, "+33639980002", Repair.DOUBLE_ZERO)])
    summary = writer.seal(receivers_per_call=10, width=2, blank=0)
    assert summary.repairs == (RepairCount(zero, 2, 2), RepairCount(Repair.DECIMAL_ZERO, 1, 6))
    assert next(one.suggestion for one in summary.not_sent if one.line == 5) == "another way"
    record = journal.find(inputs().name)
    assert stored_summary(record) == summary
    found = {one.line: (one.repair, one.suggestion, one.reason) for one in answers(journal, record)}
    assert found == {
        2: (zero, "", ""),
        3: (None, "", ""),
        4: (zero, "", ""),
        5: (None, "another way", "number-invalid: why"),
        6: (Repair.DECIMAL_ZERO, "", ""),
        7: (None, "", "duplicate: ten sam numer co w wierszu 2, który otrzyma wiadomość"),
    }


@given(
    bodies=st.lists(st.sampled_from("ABCDEFGHIJ"), min_size=1, max_size=40),
    numbers=st.lists(st.integers(0, 30), min_size=40, max_size=40),
    size=st.integers(1, 5),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_plan_that_is_thrown_away_says_the_same(inputs, bodies, numbers, size):
    def planned(folder, *, scratch):
        journal = open_journal(Path(folder) / f"{scratch}.sqlite", scratch=scratch)
        writer = PlanWriter(journal, journal.begin(inputs(), tag="tagtagtagt"))
        rows = list(enumerate(zip(bodies, numbers, strict=False), 2))
        for some in (rows[:15], rows[15:]):
            writer.add(
                [
                    Message(line, Recipient(f"+336399800{number:02d}", "FR"), Text(body, Encoding.GSM7, 1, 1))
                    for line, (body, number) in some
                ]
            )
        said = writer.seal(receivers_per_call=size, width=2, blank=0)
        record = journal.find("spring")
        told = [(one.line, one.status, one.text, one.reason) for one in answers(journal, record)]
        counts = tally(journal, record).messages
        journal.close()
        return said, told, counts

    with tempfile.TemporaryDirectory() as folder:
        assert planned(folder, scratch=True) == planned(folder, scratch=False)


# What a dry run does otherwise: nothing refuses a twin while it is written, and the seal takes it out.

ROW = st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(["A", "B", "C", "é 🙂"]), st.booleans())


def rehearsed_and_real(folder, clock, inputs, blocks, *, keyed):
    """What a scratch journal and a real one say of the same rows: the summary, the rejections, the messages, the texts, whose
    keys are alike."""
    for scratch in (True, False):
        place = Path(folder) / f"{scratch}.journal.sqlite"
        with closing(open_journal(place, clock=clock, scratch=scratch)) as journal:
            record = journal.begin(inputs(), tag="tagtagtagt")
            writer, line = PlanWriter(journal, record), 1
            for block in blocks:
                rows = []
                for number, key, body, repaired in block:
                    line += 1
                    to = (Rescued if repaired else Recipient)(
                        f"+3363998{number:04d}", "FR", *([Repair.LEADING_PLUS] if repaired else [])
                    )
                    text = Text(body, Encoding.GSM7 if body.isascii() else Encoding.UCS2, len(body), 1)
                    own = b"%016d" % key if keyed else b""
                    rows.append(Message(line, to, text, own))
                writer.add(rows)
            summary = writer.seal(receivers_per_call=2, width=2, blank=0)
            with journal.reading() as connection:
                message, text = schema.message.c, schema.text.c
                same = (text.campaign == message.campaign) & (text.id == message.text)
                kept = select(message.line, message.msisdn, message.key_hash, text.body)
                yield (
                    summary,
                    [(one.line, one.status, one.reason) for one in answers(journal, record)],
                    connection.execute(kept.join(schema.text, same).order_by(message.line)).all(),
                    set(connection.execute(select(text.body)).scalars()),
                    connection.execute(select(schema.repair.c.line)).scalars().all(),
                    nights.alike(journal, record) if keyed else [],
                )


@pytest.mark.parametrize("named", [10_000, 1])
@given(st.lists(st.lists(ROW, max_size=8), max_size=5), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_a_dry_run_leaves_out_the_same_twins_as_a_plan_that_is_kept(clock, inputs, named, blocks, keyed):
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(plan, "SUSPECTS_NAMED", named)
        patch.setattr(texts, "TEXTS_REMEMBERED", 2)
        dry, real = rehearsed_and_real(folder, clock, inputs, blocks, keyed=keyed)
        assert dry == real


def test_the_seal_of_a_dry_run_reads_no_message_but_those_that_are_named(tmp_path, inputs):
    """60 000 rows with each number twice took minutes, while the people were looked up by reading every message for each."""
    with closing(open_journal(tmp_path / "scratch.sqlite", scratch=True)) as scratch:
        record = scratch.begin(inputs(), tag="tagtagtagt")
        writer = PlanWriter(scratch, record)
        writer.add(
            [
                Message(
                    line,
                    Recipient(f"+3363998{line // 2:04d}", "FR"),
                    Text("A", Encoding.GSM7, 1, 1),
                    bytes([line]) * 16,
                )
                for line in range(2, 12)
            ]
        )
        list(twins.same_texts(scratch, record.id, among=None))
        with scratch.reading() as connection:
            asked = contacts._PLANNED["sqlite", True]
            values = {"campaign": record.id, "numbers": "[33639980001]"}
            steps = connection.execute(text(f"EXPLAIN QUERY PLAN {asked}"), values).all()
    read = [step[-1] for step in steps]
    assert any("named" in one for one in read)
    assert [one for one in read if one.startswith("SCAN") and "named" not in one and "json" not in one] == []
    assert [one for one in read if one.startswith("SCAN named")] == []
