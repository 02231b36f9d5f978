"""`report`: one page that loads nothing, holds nobody's number, and whose figures are those of the sandbox's own record."""

from __future__ import annotations

import io
import json
import re
import stat
import sys
from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from smscampaign.cli.gauges import WIDE, gauge
from smscampaign.journal.fates import tally
from smscampaign.journal.outcomes import outcomes
from smscampaign.journal.store import open_journal
from smscampaign.report.words import number as written
from smscampaign.report.words import share
from smscampaign.sandbox.history import fate_of
from smscampaign.translation import speaking

from .conftest import OPTIONS, number
from .test_json import is_a

NASTY = "<script>alert('x')</script>"
DAYS = 3 * 86_400


class Page(HTMLParser):
    """What is in a page: its elements with their attributes, its texts by element, and its tables as rows of cells."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.tables, self.texts = [], [], [], Counter()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in {"meta", "use", "path"}:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        self.texts[tuple(self.open[-1:])] += len(data.strip())
        if self.open and self.open[-1] in {"td", "th"}:
            self.tables[-1][-1][-1] += data

    def all(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]

    def figures(self):
        """The rows of all tables, by their first cells."""
        return {row[0]: row[1:] for table in self.tables for row in table}


@pytest.fixture
def lived(campaign, people, ovhcloud, cli):
    """Three hundred people, of whom some never get it, three days later; gives the sandbox."""
    more = "Lost,12\nNo,\nLandline,+33142000000\nAgain," + number(0)
    file = people(300, more=more)
    here = ovhcloud(receipt_delay=600, failed_share=0.06, unreachable_share=0.04, delayed_share=0.3)
    assert campaign("--yes", "--message", "Hello", "--receivers-per-call", "20").code == 0
    here.world.clock.step(DAYS)
    assert cli("receipts", file, *OPTIONS).code == 0
    return here


def fates_in(here):
    """What the sandbox itself knows of each message that it accepted."""
    calls = here.world.store.select(after=0, limit=1000)
    return [fate_of(here.world, one, one.first + place) for one in calls for place in range(one.count)]


def reported(cli, *more):
    ended = cli("report", "spring.csv", *OPTIONS, *more)
    assert ended.code == 0, ended.err
    return ended


def test_its_figures_are_those_of_the_sandboxs_record(lived, cli, folder):
    found = is_a("report", reported(cli, "--json").out)
    record = list(lived.accepted())
    fates = fates_in(lived)
    assert (found["rows"], found["sendable"], found["accepted"]) == (304, 300, len(record))
    ends = Counter({1: "delivered", 2: "failed"}[one.receipt] for one in fates)
    assert {"delivered", "failed"} <= set(found["deliveries"])
    assert found["deliveries"] == ends
    assert found["credits"]["charged"] == sum(Decimal(one["credits"]) for one in record)
    assert found["credits"]["forecast"] == found["credits"]["charged"]
    assert (found["credits"]["compared_calls"], found["credits"]["differing_calls"]) == (15, 0)
    assert found["failed_by_ptt"] == Counter(str(one.ptt) for one in fates if one.receipt == 2)
    assert sum(found["times"]["delivered"]) + found["times"]["undated"] == ends["delivered"]
    page = Page((folder / "spring.report.html").read_text("utf-8"))
    rows = page.figures()
    assert rows["delivered"][0] == written(ends["delivered"])
    assert rows["rows"][0] == "304"
    assert rows["billed"] == [written(found["credits"]["charged"])]
    # What `status` says of an only edition is the same, by other statements.
    journal = open_journal(folder / "spring.journal.sqlite", create=False)
    one = journal.find("spring")
    now, whole = tally(journal, one), outcomes(journal, one)
    assert now.messages == whole.by_status
    assert {name: n for name, n in whole.by_delivery.items() if n} == now.deliveries
    assert now.credits == whole.bill.charged
    journal.close()


def test_the_page_loads_nothing_and_belongs_to_its_owner_alone(lived, cli, folder):
    reported(cli)
    path = folder / "spring.report.html"
    text = path.read_text("utf-8")
    page = Page(text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [
        tag for tag, _ in page.elements if tag in {"script", "link", "img", "iframe", "object", "base"}
    ]
    addresses = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in {"src", "href", "xlink:href", "srcset", "action", "data"}
    ]
    assert [one for one in addresses if not one.startswith("#")] == []
    assert not re.search(r"@import|url\((?!#)", text)
    (policy,) = (one["content"] for one in page.all("meta") if one.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    for n in range(300):
        assert number(n)[1:] not in text
        assert number(n)[3:] not in text
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {one[1:] for one in addresses} <= set(ids)


def test_each_picture_is_named_and_has_its_figures_behind_it(lived, cli, folder):
    reported(cli)
    text = (folder / "spring.report.html").read_text("utf-8")
    page = Page(text)
    pictures = page.all("svg")
    assert len(pictures) == len(page.all("figure")) == len(page.all("figcaption")) == len(page.all("details"))
    assert len(pictures) >= 4
    for one in pictures:
        assert one["role"] == "img"
        for name in one["aria-labelledby"].split():
            assert f'id="{name}"' in text
    assert [one["lang"] for one in page.all("html")] == ["en"]
    assert len(page.all("h1")) == 1
    sections = page.all("section")
    assert len(page.all("h2")) == len(sections)
    assert all("scope" in one for one in page.all("th"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("got their message", "From the file to the phone", "What it cost")),
        ("fr", ("ont reçu leur message", "Du fichier au téléphone", "Ce que cela a coûté")),
        ("pl", ("wiadomość dotarła", "Od pliku do telefonu", "Ile to kosztowało")),
    ],
)
def test_it_speaks_the_language_of_its_reader(lived, cli, folder, language, words):
    ended = cli("report", "spring.csv", *OPTIONS, "--lang", language)
    assert ended.code == 0
    text = (folder / "spring.report.html").read_text("utf-8")
    assert f'<html lang="{language}">' in text
    for one in words:
        assert one in text
    assert words[0] in ended.out


def test_the_same_journal_gives_the_same_page_but_for_the_hour(lived, cli, folder):
    texts = []
    for _ in range(2):
        reported(cli)
        text = (folder / "spring.report.html").read_text("utf-8")
        texts.append(re.sub(r"Made on [^<]*", "", text))
    assert texts[0] == texts[1]


def test_names_texts_and_reasons_are_shown_and_never_run(people, ovhcloud, cli, folder):
    people(3)
    ovhcloud(receipt_delay=0)
    (folder / "spring.toml").write_text(
        f'name = "Spring {NASTY}"\nmessage = "Hello {{{{ name }}}} {NASTY} [x]"\npurpose = "transactional"\n'
        f'region = "FR"\nsender = "Sandbox"\n[lint]\nignore = ["SMS003"]\n',
        "utf-8",
    )
    assert cli("run", "spring.csv", "--yes").code == 0
    assert cli("report", "spring.csv").code == 0
    text = (folder / "spring.report.html").read_text("utf-8")
    assert "<script" not in text.lower()
    assert text.count("&lt;script&gt;") >= 3  # title, heading, message


def test_without_matplotlib_the_tables_are_there_and_it_is_said(lived, cli, folder, monkeypatch):
    for name in [one for one in sys.modules if one.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ended = reported(cli)
    assert 'pip install "smscampaign[report]"' in ended.err
    text = (folder / "spring.report.html").read_text("utf-8")
    page = Page(text)
    assert (page.all("svg"), page.all("figure"), page.all("details")) == ([], [], [])
    assert "pip install &quot;smscampaign[report]&quot;" in text
    assert page.figures()["delivered"]


def test_a_file_of_somebody_else_is_left_as_it_is(lived, cli, folder):
    for name, content in (("notes.html", "<p>mine</p>"), ("spring.csv", None)):
        path = folder / name
        if content is not None:
            path.write_text(content)
        before = path.read_bytes()
        ended = cli("report", "spring.csv", *OPTIONS, "--out", name)
        assert ended.code == 2
        assert "is left as it is" in ended.err
        assert path.read_bytes() == before
    assert cli("report", "spring.csv", *OPTIONS, "--out", folder).code == 2
    assert cli("report", "spring.csv", *OPTIONS, "--out", folder / "no" / "such.html").code == 2
    reported(cli, "--out", "mine.html")
    reported(cli, "--out", "mine.html")
    assert sorted(one.name for one in folder.glob("*.html")) == ["mine.html", "notes.html"]


def test_a_rehearsal_has_a_report_of_its_own(campaign, people, cli, folder):
    people(2)
    assert campaign("--sandbox", "--yes").code == 0
    reported(cli, "--sandbox")
    text = (folder / "spring.sandbox.report.html").read_text("utf-8")
    assert "reached nobody" in text
    assert not (folder / "spring.report.html").exists()


def test_what_is_not_known_yet_is_said_with_the_next_command(campaign, people, ovhcloud, cli, folder):
    people(4)
    ovhcloud(receipt_delay=0)
    assert cli("report", "spring.csv", *OPTIONS).code == 2
    assert campaign("--dry-run").code == 0
    assert campaign("--yes").code == 0
    assert "what became of them is not known yet" in reported(cli).out
    text = (folder / "spring.report.html").read_text("utf-8")
    assert "smscampaign receipts spring.csv" in text
    told = cli("status", "spring.csv", *OPTIONS)
    assert "receipts spring.csv" in told.err
    assert cli("receipts", "spring.csv", *OPTIONS).code == 0
    told = (
        cli("status", "spring.csv", *OPTIONS, "--out", "x.csv")
        if False
        else cli("status", "spring.csv", *OPTIONS)
    )
    assert "report spring.csv" in told.err
    assert "█" in told.out
    assert (
        "smscampaign receipts" not in (reported(cli), (folder / "spring.report.html").read_text("utf-8"))[1]
    )


def test_a_bar_is_as_long_as_its_part_and_never_wider_than_it_may_be():
    assert (gauge(0, 0), gauge(0, 9)) == ("", "")
    assert gauge(9, 9) == "█" * WIDE
    assert gauge(1, 10**9) == "▏"
    lengths = [len(gauge(n, 300)) for n in range(301)]
    assert lengths == sorted(lengths)
    assert max(lengths) == WIDE


def test_a_terminal_without_blocks_gets_plain_signs():
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    old, sys.stdout = sys.stdout, plain
    try:
        assert gauge(1, 2) == "#" * (WIDE // 2)
        assert gauge(1, 1000) == "#"
    finally:
        sys.stdout = old


def test_figures_are_written_as_the_reader_does():
    assert (written(Decimal("1234.5")), share(1, 3), share(1, 0)) == (
        "1\N{NARROW NO-BREAK SPACE}234.5",
        "33.3%",
        "–",
    )
    with speaking("fr"):
        assert (written(Decimal("0.5")), share(1, 8)) == ("0,5", "12,5\N{NO-BREAK SPACE}%")


def test_json_is_one_document_also_where_it_cannot_be_written(lived, cli, folder):
    (folder / "notes.html").write_text("mine")
    ended = cli("report", "spring.csv", *OPTIONS, "--out", "notes.html", "--json")
    assert ended.code == 2
    assert json.loads(ended.out)["error"]["code"] == "file"
