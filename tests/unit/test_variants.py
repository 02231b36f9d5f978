"""Several texts of one campaign: dealt out when it is planned, kept with the plan, and compared at the end that was set."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from smscampaign.campaign import reports
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.comparison import Outcome, compared, prospect
from smscampaign.campaign.editions import planned
from smscampaign.errors import SettingsProblem, TemplateProblem
from smscampaign.experiments.grades import Grade
from smscampaign.journal import aftermath, answers, schema, variants
from smscampaign.journal.fates import tally
from smscampaign.model import Reason, Status
from smscampaign.report import pages

BASE = {"message": "Bonjour {{ name }}", "purpose": "marketing", "region": "FR", "sender": "Shop"}


@pytest.fixture
def people(tmp_path):
    def make(rows=200, *, more=(), cities=("Paris", "Lyon")):
        path = tmp_path / "spring.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["name", "mobile", "city", "client"])
            for n in range(rows):
                writer.writerow([f"N{n}", f"07990{n:05d}", cities[n % len(cities)], f"C{n}"])
            writer.writerows(more)
        return path

    return make


def campaign_of(path, **options):
    tried = {f"variants.{name}": value for name, value in options.items() if name not in BASE}
    return Campaign.load(path, options={**BASE, **tried})


def rows_of(journal, record):
    return {one.line: one for one in answers.answers(journal, record)}


def names_of(journal, record):
    with journal.reading() as connection:
        table = aftermath.variant.c
        rows = connection.execute(select(table.line, table.name).where(table.campaign == record.id))
        return {row.line: row.name for row in rows}


def test_each_person_gets_the_text_that_is_kept_as_his_and_who_is_held_out_gets_none(people, journal):
    path = people(300, more=[["Twin", "0799000001", "Paris", "T"], ["Bad", "12", "Paris", "B"]])
    plan = planned(
        campaign_of(path, texts={"B": "Salut {{ name }} !"}, hold_out="0.2"), journal, gateway="fake"
    )
    rows, names = rows_of(journal, plan.record), names_of(journal, plan.record)
    assert len(rows) == 302
    for line, one in rows.items():
        if one.status is Status.PENDING:
            wanted = {"A": "Bonjour N", "B": "Salut N"}[names[line]]
            assert one.text.body.startswith(wanted)
    reasons = Counter(one.reason.partition(":")[0] for one in rows.values() if one.reason)
    assert reasons[Reason.HELD_OUT] == pytest.approx(60, abs=25)
    assert reasons[Reason.NUMBER_TOO_SHORT] + reasons[Reason.NUMBER_INVALID] == 1
    spared = [one for one in rows.values() if one.reason.startswith(Reason.HELD_OUT)]
    assert {one.status for one in spared} == {Status.SUPPRESSED}
    counted = variants.planned(journal, plan.record)
    assert sum(counted.values()) == plan.summary.messages
    assert min(counted.values()) > 80


def test_a_campaign_with_one_text_keeps_no_names(people, journal):
    plan = planned(campaign_of(people(5)), journal, gateway="fake")
    with journal.reading() as connection:
        assert not aftermath.has(connection, aftermath.variant)
    assert prospect(plan) is None
    with pytest.raises(SettingsProblem, match="nothing to compare"):
        compared(plan, now=journal.clock())


def test_a_plan_that_is_made_anew_leaves_nothing_of_the_one_before(people, journal):
    planned(campaign_of(people(50), texts={"B": "x"}), journal, gateway="fake")
    plan = planned(campaign_of(people(60), texts={"B": "x"}), journal, gateway="fake")
    assert sum(variants.planned(journal, plan.record).values()) == 60
    with journal.reading() as connection:
        assert set(connection.execute(select(aftermath.variant.c.campaign)).scalars()) == {plan.record.id}


def test_in_each_city_the_texts_are_dealt_out_evenly(people, journal):
    path = people(1000, cities=("Paris", "Paris", "Paris", "Lyon"))
    plan = planned(campaign_of(path, texts={"B": "Salut"}, stratify=["city"]), journal, gateway="fake")
    names = names_of(journal, plan.record)
    dealt = Counter((line % 4 == 1, name) for line, name in names.items())  # every fourth row is of Lyon
    assert abs(dealt[True, "A"] - dealt[True, "B"]) <= 2
    assert abs(dealt[False, "A"] - dealt[False, "B"]) <= 2


@pytest.mark.parametrize(
    ("options", "problem", "words"),
    [
        ({"texts": {"A": "x"}}, SettingsProblem, "A is the message itself"),
        ({"texts": {"B": " "}}, SettingsProblem, "hold_out"),
        ({"texts": ["B"]}, SettingsProblem, "such as B=Hello"),
        ({"texts": {"B": "{{ nme }}"}}, TemplateProblem, "nme"),
        ({"texts": {"B": "Bonjour {{ name }}"}}, SettingsProblem, "the same"),
        ({"texts": {"B": "x"}, "stratify": ["citi"]}, SettingsProblem, "citi"),
        ({"hold_out": "1"}, SettingsProblem, "0.9"),
        ({"texts": {"B": "x"}, "measure": "clicks"}, SettingsProblem, "replies"),
        ({"texts": {"B": "x"}, "stratify": ["city"], "once_per": ["name"]}, SettingsProblem, "once_per"),
    ],
)
def test_what_is_wrong_with_the_texts_is_said_before_a_row_is_read(people, options, problem, words):
    with pytest.raises(problem) as caught:
        campaign_of(people(3), **options).recipe()
    assert words in f"{caught.value.what} {caught.value.where} {caught.value.remedy}"


def test_the_end_and_what_is_compared_are_set_with_the_plan(people, journal):
    path = people(20)
    one = campaign_of(path, texts={"B": "x"}).inputs("there")
    for other in ({"days": 3}, {"measure": "stops"}, {"hold_out": "0.1"}, {"stratify": ["city"]}):
        assert campaign_of(path, texts={"B": "x"}, **other).inputs("there").fingerprint != one.fingerprint
    assert "variants" not in campaign_of(path).inputs("there").ingredients


def begun(journal, plan, *, accepted=True):
    """As if all calls had been taken, now."""
    with journal.writing() as connection:
        own = schema.chunk.c.campaign == plan.record.id
        connection.execute(
            schema.chunk.update().where(own).values(state="accepted", claimed_at=journal.clock(), attempts=1)
        )
        connection.execute(schema.campaign.update().values(begun_at=journal.clock()))
    record = journal.find(plan.record.inputs.name)
    assert tally(journal, record).messages[Status.ACCEPTED] == plan.summary.messages
    return plan.__class__(plan.campaign, journal, record, plan.summary)


def replied(journal, record, lines, *, stop=False, at=None):
    aftermath.provide(journal, aftermath.reply)
    with journal.writing() as connection:
        connection.execute(
            insert(aftermath.reply),
            [
                {
                    "campaign": record.id,
                    "id": 1_000_000 * stop + line,
                    "line": line,
                    "msisdn": 33_799_000_000 + line,
                    "at": at or journal.clock(),
                    "text": "STOP" if stop else "oui",
                    "possible": False,
                    "stop": stop,
                }
                for line in lines
            ],
        )


def test_replies_are_counted_for_each_text_and_no_stop_is_one(people, journal, clock):
    plan = begun(journal, planned(campaign_of(people(900), texts={"B": "x"}), journal, gateway="fake"))
    names = names_of(journal, plan.record)
    mine = {name: [line for line, one in names.items() if one == name] for name in "AB"}
    replied(journal, plan.record, mine["A"][:200])
    replied(journal, plan.record, mine["B"][:40], stop=True)
    early = compared(plan, now=clock()).verdict
    assert {one.name: one.counted.did for one in early.measured} == {"A": 200, "B": 0}
    assert (early.grade, early.winner) == (Grade.NOT_YET, None)
    end = clock() + timedelta(days=7)
    late = compared(plan, now=end).verdict
    assert (late.grade, late.winner) == (Grade.SIGNIFICANT, "A")
    # What comes after the end is not counted, however long somebody waits.
    replied(journal, plan.record, mine["B"][40:300], at=end + timedelta(hours=1))
    assert compared(plan, now=end + timedelta(days=9)).verdict == late


def again(journal, record, line):
    """As if the message of a row had failed for a while and been sent once more, by another edition of the series."""
    with journal.writing() as connection:
        for table in (schema.campaign, schema.text, schema.message, schema.chunk, aftermath.variant):
            ours = table.c.id == record.id if table is schema.campaign else table.c.campaign == record.id
            rows = [dict(row) for row in connection.execute(select(table).where(ours)).mappings()]
            if table is schema.message:
                (alone,) = [row for row in rows if row["line"] == line]
            if "line" in table.c:
                rows = [row for row in rows if row["line"] == line]
            if table is schema.chunk:
                rows = [row for row in rows if row["id"] == alone["call"]]
            for row in rows:
                changed = (
                    {"id": 99, "edition": 2, "tag": "zzzzzzzzzz"}
                    if table is schema.campaign
                    else {"campaign": 99}
                )
                connection.execute(insert(table).values(**{**row, **changed}))


def test_who_had_it_once_more_is_one_of_them(people, journal):
    plan = begun(journal, planned(campaign_of(people(90), texts={"B": "x"}), journal, gateway="fake"))
    before = variants.had(journal, plan.record)
    again(journal, plan.record, 5)
    record = journal.find(plan.record.inputs.name)
    assert record.edition == 2
    assert variants.had(journal, record) == before


def test_the_report_has_what_the_texts_did_and_no_winner_before_the_end(people, journal, clock):
    plan = begun(journal, planned(campaign_of(people(900), texts={"B": "x"}), journal, gateway="fake"))
    names = names_of(journal, plan.record)
    replied(journal, plan.record, [line for line, one in names.items() if one == "A"][:200])
    for days, words in ((0, "Not yet: it was set beforehand"), (8, "Significant: A does better than each")):
        clock.step(days * 86_400)
        page = pages.page(reports.about(plan, reports.outcomes_of(plan)), reports.outcomes_of(plan))
        assert '<section id="texts"' in page
        assert words in page
        assert ">200</td>" in page
    alone = begun(
        journal, planned(Campaign.load(people(5), options={**BASE, "name": "alone"}), journal, gateway="fake")
    )
    assert reports.about(alone, reports.outcomes_of(alone)).comparison is None


def test_an_outcome_is_joined_by_a_column_and_the_held_out_are_one_of_the_arms(
    people, journal, clock, tmp_path
):
    path = people(1200)
    options = {"texts": {"B": "x"}, "hold_out": "0.3", "measure": "outcome"}
    plan = begun(journal, planned(campaign_of(path, **options), journal, gateway="fake"))
    names = names_of(journal, plan.record)
    bought = [f"c{line - 2} " for line, name in names.items() if name == "B"][:200]
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "client;total\n" + "".join(f"{one};12,50\n" for one in [*bought, *bought, "X9"]), "utf-8"
    )
    found = compared(plan, now=clock() + timedelta(days=8), outcome=Outcome(orders, "Client"))
    did = {one.name: one.counted for one in found.verdict.measured}
    assert set(did) == {"A", "B", ""}
    assert sum(one.of for one in did.values()) == 1200
    assert (did["A"].did, did["B"].did, did[""].did) == (0, 200, 0)
    assert found.verdict.winner == "B"
    for wrong in (None, Outcome(orders, "customer")):
        with pytest.raises(SettingsProblem):
            compared(plan, now=clock(), outcome=wrong)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.integers(0, 80), texts=st.integers(0, 3), rows=st.integers(1, 60))
def test_every_row_is_a_message_or_not_sent_however_texts_are_dealt_out(
    tmp_path_factory, clock, held, texts, rows
):
    from smscampaign.journal.store import open_journal

    folder = tmp_path_factory.mktemp("deal")
    path = folder / "x.csv"
    path.write_text("mobile\n" + "".join(f"07990{n:05d}\n" for n in range(rows)), "utf-8")
    options = {**BASE, "message": "M", "variants.texts": {f"T{n}": f"T{n}" for n in range(texts)}}
    journal = open_journal(folder / "j.sqlite", clock=clock)
    plan = planned(
        Campaign.load(path, options={**options, "variants.hold_out": held / 100}), journal, gateway="fake"
    )
    spared = sum(one.count for one in plan.summary.not_sent if one.reason is Reason.HELD_OUT)
    assert plan.summary.messages + spared == rows
    if texts or held:
        assert sum(variants.planned(journal, plan.record).values()) == plan.summary.messages
    assert held or not spared
    journal.close()
