"""What plans and runs say that a small campaign does not show."""

import re
from dataclasses import replace
from decimal import Decimal
from html import unescape
from types import SimpleNamespace

import pytest

import smscampaign as sms
from smscampaign.advice.findings import Finding, Severity
from smscampaign.campaign.plans import Run
from smscampaign.drawing import html, text
from smscampaign.model import (
    CountryCount,
    Delivery,
    PlanSummary,
    Purpose,
    Reason,
    ReasonCount,
    Repair,
    RepairCount,
    Status,
    Tally,
    Terms,
)
from smscampaign.notebook.sheets import plan_sheet, run_sheet

SUMMARY = PlanSummary(
    rows=10_000,
    messages=10_000,
    texts=10_000,
    gsm7=9_000,
    ucs2=1_000,
    parts=12_000,
    chunks=10_000,
    not_sent=(),
    countries=(CountryCount("FR", 9_000, 11_000), CountryCount("PL", 1_000, 1_000)),
    spread=((1, 8_000), (2, 2_000)),
    width=2,
    blank=0,
)


def plan(*, summary=SUMMARY, rates=None, pace=60.0, sender="MyShop", tally=None, parts_warning=6):
    """As much of a plan as its page shows."""
    settings = SimpleNamespace(
        sender=sender,
        terms=Terms(Purpose.TRANSACTIONAL),
        limits=SimpleNamespace(parts_warning=parts_warning),
    )
    source = SimpleNamespace(name="big.csv", remarks=())
    return SimpleNamespace(
        campaign=SimpleNamespace(name="Big", source=source, settings=settings, language="en"),
        summary=summary,
        code="K7QX",
        yes="K7QX",
        rehearsal_code="AAAA",
        calls_per_minute=pace,
        begun=tally is not None,
        record=SimpleNamespace(proposed=False, inputs=SimpleNamespace(gateway="sandbox")),
        sample=lambda count: (),
        rates=lambda: rates or {},
        tally=lambda: tally,
    )


def page(found=(), **given):
    return plan_sheet(plan(**given), plan(), found, asks=False)


HINT = Finding("SMS004", Severity.HINT, "the text shouts", "the message", "Write it in small letters.", 3)
WARNING = Finding("sent-before", Severity.WARNING, "--send-again sends it all the same")
STOP = Finding("damaged-texts", Severity.STOP, "a hole", "big.csv", "Mend it, or --ignore SMS003.")


def test_what_was_found_stands_above_the_code_the_gravest_next_to_it():
    shown = text(page([STOP, HINT, WARNING]))
    places = [
        shown.index(words) for words in ("HINT SMS004, the message", "WARNING", "STOP big.csv: a hole.")
    ]
    assert places == sorted(places)
    assert 'Mend it, or overrule=["SMS003"].' in shown
    assert "send_again=True sends it all the same" in shown
    assert "deliver" not in shown
    assert places[-1] < shown.index("Nothing leaves as it is")
    assert text(page([HINT])).index("shouts (3 messages).") < text(page([HINT])).index("plan.deliver(gateway")


def test_what_was_found_is_escaped_in_a_notebook():
    drawn = html(page([Finding("SMS004", Severity.HINT, "<b>", "row 2", "<i>")]))
    assert "<b>" not in drawn
    assert "&lt;b&gt;" in drawn
    assert "&lt;i&gt;" in drawn


def test_what_is_not_sent_is_headed_by_what_to_do():
    wrong = replace(SUMMARY, not_sent=(ReasonCount(Reason.NUMBER_INVALID, 3, 7, "…"),))
    assert page(summary=wrong).tables[0].caption == "Not sent. Fix 3 numbers."


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "10\u202f000, 2 h 47 min at 60 a minute"),
        ({"pace": 0.0}, "API calls  10\u202f000\n"),
        ({}, "unknown for FR, PL"),
        ({"rates": {"FR": Decimal(1)}}, "11\u202f000 for the others; unknown for PL"),
        ({"rates": {"FR": Decimal(1), "PL": Decimal("0.4")}}, "Credits    11\u202f400.0\n"),
        ({}, "12\u202f000 in all (8\u202f000 of 1 part, 2\u202f000 of 2 parts)"),
        ({"sender": None}, "1\u202f000 messages of this plan would be refused"),
        (
            {"summary": replace(SUMMARY, repairs=(RepairCount(Repair.DOUBLE_ZERO, 3, 7),))},
            "Put right  3 numbers: 00 replaced by a plus (first in row 7)\n",
        ),
        ({"parts_warning": 1}, "2\u202f000 messages of more than 1 parts"),
        ({"tally": Tally({Status.ACCEPTED: 7}, {}, {}, Decimal(7), 0)}, "Has begun  7 accepted"),
    ],
)
def test_a_plan_says(given, says):
    assert says in text(page(**given))


def ended(messages, *, asks=False, deliveries=None, unpriced=0, **other):
    """The page of a run that ended so."""
    tally = Tally(messages, {}, deliveries or {}, Decimal("7.5"), unpriced)
    return run_sheet(Run(plan(), tally, way=SimpleNamespace(title="the sandbox"), **other), asks=asks)


@pytest.mark.parametrize(
    ("sheet", "says"),
    [
        (ended({Status.ACCEPTED: 9}), "Credits  7.5 charged"),
        (
            ended({Status.ACCEPTED: 9}, unpriced=2),
            "7.5 charged (2 calls by rate: OVHcloud did not tell the price)",
        ),
        (ended({Status.ACCEPTED: 9}, deliveries={Delivery.FAILED: 3}), "failed           3"),
        (ended({Status.PENDING: 9}, confirmed=False), 'confirm="K7QX"'),
        (ended({Status.PENDING: 9}, confirmed=False, asks=True), "type the plan's code, K7QX, into its"),
        (ended({Status.PENDING: 9}, interrupted=True), "Run the cell again to go on."),
        (
            ended({Status.IN_DOUBT: 9}, doubts=(("t-1", 9, "+33799000078 was cut off"),)),
            "+•••••••••78 was cut",
        ),
        (
            ended({Status.PENDING: 9}, halt="INVALID_KEY: wrong"),
            "stopped before its end: INVALID_KEY: wrong",
        ),
    ],
)
def test_a_run_says(sheet, says):
    assert says in text(sheet)


def test_a_finished_run_asks_for_nothing():
    assert ended({Status.ACCEPTED: 9}).action == ""


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "fr",
            (
                "le plan pour",
                "Lignes",
                "Rien ne part tant que son code n'est pas tapé",
                "Envoyés vers",
                "Remarque",
            ),
        ),
        ("pl", ("plan dla", "Nic nie wyjdzie, dopóki nie wpiszesz kodu", "Wiersze", "Dokąd", "Uwaga")),
    ],
)
@pytest.mark.parametrize("chosen", ["locale", "settings"])
def test_pages_and_errors_speak_the_language_of_the_session(folder, monkeypatch, language, words, chosen):
    """By the locale, and by the campaign's settings; what people are sent stays as it is."""
    monkeypatch.setenv("LC_ALL", f"{language}.UTF-8" if chosen == "locale" else "C.UTF-8")
    more = {"lang": language} if chosen == "settings" else {}
    people = [{"name": "Ann", "mobile": "07 99 00 00 10"}, {"name": "Bo", "mobile": "07"}]
    campaign = sms.Campaign(people, message="Hello “{{ name }}”", purpose="marketing", region="FR", **more)
    with sms.sandbox() as gateway:
        plan = campaign.plan(gateway)
        for page in (repr(plan), unescape(plan._repr_html_())):
            assert all(one in page for one in words), page
            assert "Hello “Ann”" in page
            assert not re.search(r"Nothing leaves|the plan for|Sent to|Note:|Purpose", page)
        assert plan.sheet().title == "campaign"
        with pytest.raises(sms.NotConfirmed) as caught:
            plan.deliver(gateway, confirm="ZZZZ")
        assert not str(caught.value).startswith("nothing was sent")
