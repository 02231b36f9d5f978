"""The page of a report for whatever figures there may be: none at all, hostile words, many countries, large numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from smscampaign.countries import is_country
from smscampaign.journal.figures import Answered, Because, Bill, Doubted, Group, Outcomes, Times, Unsent
from smscampaign.model import Delivery, Reason, Status
from smscampaign.report.contents import About
from smscampaign.report.networks import _NAMES, network
from smscampaign.report.pages import page
from smscampaign.report.pictures import bars, svg
from smscampaign.report.sections import sections
from smscampaign.report.sentences import headline
from smscampaign.translation import speaking

AT = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
NOTHING = Outcomes(
    editions=0,
    first=None,
    last=None,
    groups=(),
    unsent=(),
    because=(),
    times=Times(None, timedelta(minutes=1), (), (), 0),
    bill=Bill(Decimal(0), 0, 0, Decimal(0), Decimal(0), 0, Decimal(0)),
    answered=None,
    doubted=(),
)
ABOUT = About(
    "Spring", "spring.csv", "spring.journal.sqlite", "ovh-eu", False, AT, "0.1.0", "Hello {{ name }}"
)
NASTY = "</svg></style><script>alert(1)</script>&amp;$\\frac{1}{0}$\x00\x1b[31m \udce9 漢字 🙂"


def group(n, status=Status.ACCEPTED, delivery=Delivery.DELIVERED, country="FR", operator="20801", ptt=None):
    accepted = status is Status.ACCEPTED
    return Group(
        status,
        country,
        delivery if accepted else None,
        ptt if accepted else None,
        operator if accepted else "",
        n,
        n,
        Decimal(n),
    )


SENT = replace(
    NOTHING,
    editions=2,
    first=AT,
    last=AT + timedelta(hours=2),
    groups=(group(7), group(2, delivery=Delivery.FAILED, ptt=23), group(1, Status.REFUSED)),
    unsent=(Unsent(Reason.NUMBER_LANDLINE, 3, 4),),
    because=(Because(Status.REFUSED, "no", 1),),
    times=Times(AT, timedelta(hours=1), (9, 0, 0), (4, 0, 2), 1),
    bill=Bill(Decimal("9.5"), 1, 1, Decimal(9), Decimal("9.5"), 1, Decimal("0.5")),
    answered=Answered(2, 1, 3, 1),
    doubted=(Doubted("found", 1, 20),),
)


class Balance(HTMLParser):
    """That every element is closed where it was opened."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "fr", "pl"])
@pytest.mark.parametrize("found", [NOTHING, SENT])
def test_the_page_is_whole_whatever_there_is(found, language):
    with speaking(language):
        text = page(ABOUT, found)
    Balance(text)
    assert f'lang="{language}"' in text
    assert "None" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_of_nothing_it_says_that_nothing_was_sent():
    assert headline(NOTHING) == "Of 0 rows nobody has been sent a message."
    assert [one.name for one in sections(ABOUT, NOTHING)] == ["funnel", "doubts", "settings"]


def test_its_sentences_add_up():
    assert (
        headline(SENT)
        == "Of 13 rows 7 got their message (53.8%), for 9.5 credits. That is 1.357 for each of them."
    )
    found = {one.name: one for one in sections(ABOUT, SENT)}
    rows = dict(found["cost"].tables[0].rows)
    assert (rows["billed"], rows["difference"], rows["for each person who answered"]) == (
        "9.5",
        "0.5",
        "4.75",
    )
    assert found["replies"].tables[0].rows[1] == ("people who said STOP", "1", "14.3%")
    assert sum(int(row[1]) for row in found["reasons"].tables[0].rows) == 13 - 7
    assert found["times"].picture.values == ((0, 9, 9, 9), (0, 4, 4, 6))


def test_words_of_others_are_shown_and_change_nothing():
    found = replace(
        SENT,
        groups=(group(7, operator=NASTY, country="ZZ"), group(1, Status.REFUSED)),
        because=(Because(Status.REFUSED, f"{NASTY} +33799000123", 1),),
    )
    about = replace(ABOUT, name=NASTY, text=NASTY, settings=((NASTY, NASTY),), sentence=NASTY, command=NASTY)
    text = page(about, found)
    assert "<script" not in text
    assert text.encode("utf-8")
    assert not re.search("[\x00\x1b]", text)
    assert text.count("</style>") == 1
    assert "33799000123" not in text
    Balance(text)


def test_many_countries_and_large_numbers_have_their_place():
    groups = tuple(group(10**9 + n, country=f"{chr(65 + n // 26)}{chr(65 + n % 26)}") for n in range(200))
    found = {one.name: one for one in sections(ABOUT, replace(SENT, groups=groups))}
    assert len(found["countries"].tables[0].rows) == 200
    assert len(found["countries"].picture.names) == 8
    Balance(page(ABOUT, replace(SENT, groups=groups)))


def test_a_picture_of_the_same_is_the_same_and_styles_nothing_else():
    one, other = (
        svg(bars([("a", 1, "1"), ("b & <c>", 2, "2")]), name="x", title="t", told="d") for _ in "12"
    )
    assert one == other
    assert "<style" not in one
    assert "<metadata" not in one
    assert all(name.startswith("x-") for name in re.findall(r'\bid="([^"]+)"', one))
    assert "b &amp; &lt;c&gt;" in one


def test_networks_are_named_by_their_codes_and_others_stay_codes():
    assert (network("20801"), network("26006"), network("99999")) == ("Orange (FR)", "Play (PL)", "99999")
    assert network("") == "not told"
    codes = [code for names in _NAMES.values() for code in names]
    assert all(re.fullmatch(r"\d{5}", one) for one in codes)
    assert len(codes) == len(set(codes))
    assert all(map(is_country, _NAMES))


def test_every_reason_has_something_to_do_about_it():
    found = replace(SENT, unsent=tuple(Unsent(one, 1, 2) for one in Reason))
    rows = next(one for one in sections(ABOUT, found) if one.name == "reasons").tables[0].rows
    assert all(row[3] for row in rows)
