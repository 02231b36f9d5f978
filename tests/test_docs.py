"""The documents tell the truth: links lead somewhere, commands exist, and every code of the results is explained."""

from __future__ import annotations

import re
import runpy
import shlex
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import grimp
import pytest

from smscampaign.cli.app import COMMANDS, build_app
from smscampaign.model import Delivery, Reason, Status
from smscampaign.results import COLUMNS
from smscampaign.settings.model import Columns, Limits, Sending, Settings
from tests.cli import pages

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_PATH = re.compile(
    r"`((?:smscampaign|tests|docs|sample_data|notebooks|\.ci)/[\w./-]*|[\w-]+\.(?:md|toml|ipynb)|Makefile)`"
)
_RUNS = re.compile(r"(?:^|[\s/])(?:python3? -m smscampaign|smscampaign)\s+(.*)")
#: Written by a campaign, or by the reader.
_NOT_OURS = re.compile(r"spring\.|first\.|.*\.results\.csv|.*\.journal\.sqlite")


def _id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def _anchors(page: Path) -> set[str]:
    """The anchors GitHub makes of headings: lower case, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+\s+(.*)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _commands(page: Path) -> list[list[str]]:
    """What is typed after the program's name in the page's shell examples, continuation lines joined."""
    found = []
    for language, block in _FENCE.findall(page.read_text("utf-8")):
        if language not in {"sh", "bash", "shell", "console"}:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            match = _RUNS.search(line.removeprefix("$ ").split(" #")[0])
            if match:
                found.append(shlex.split(match[1]))
    return found


def test_there_are_pages_and_they_show_commands() -> None:
    assert {"architecture.md", "glossary.md", "CONTRIBUTING.md"} <= {page.name for page in PAGES}
    assert sum(len(_commands(page)) for page in PAGES) >= 8


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_local_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(_prose(page)):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            assert anchor in _anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_files_that_are_named_exist(page: Path) -> None:
    for name in _PATH.findall(_prose(page)):
        if _NOT_OURS.match(name):
            continue
        places = (ROOT / name, page.parent / name, ROOT / "smscampaign" / name, ROOT / "sample_data" / name)
        assert any(place.exists() for place in places), name


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_commands_and_their_options_exist(page: Path) -> None:
    program = build_app(*COMMANDS)
    for words in _commands(page):
        first, *rest = words
        command = program if first.startswith("-") else program.commands.get(first)
        assert command is not None, f"smscampaign {first}"
        if first.startswith("-"):
            assert {first} <= {name for one in command.params for name in one.opts}, f"smscampaign {first}"
        else:
            command.make_context(first, rest)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_every_block_is_run_or_stands_in_the_table_of_what_is_not(page: Path) -> None:
    text, found = page.read_text("utf-8"), pages.blocks(page)
    assert len(re.findall(r"^\s*(?:>\s*)?(?:```|~~~)", text, re.MULTILINE)) == 2 * len(found)
    assert [what for block in found for what in pages.escapes(block)] == []


def test_commands_that_sentences_name_exist() -> None:
    named = [words for page in pages.PAGES for words in pages.named_in_the_text(page)]
    assert len(named) > 40
    for words in named:
        pages.known_to_us(words)


@pytest.mark.parametrize("code", [*Reason, *Status, *Delivery])
def test_every_code_in_the_results_is_explained(code: str) -> None:
    pages = [(ROOT / "docs" / name).read_text("utf-8") for name in ("glossary.md", "architecture.md")]
    assert any(re.search(rf"^\| `{re.escape(code)}` \| \S", page, re.MULTILINE) for page in pages)


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_of_ours_is_explained(column: str) -> None:
    assert f"`{column}`" in (ROOT / "docs" / "glossary.md").read_text("utf-8")


def test_settings_shown_in_the_documents_are_settings() -> None:
    blocks = [
        block for page in PAGES for kind, block in _FENCE.findall(page.read_text("utf-8")) if kind == "toml"
    ]
    assert blocks
    for block in blocks:
        if block.startswith("[[fault]]"):
            continue  # the sandbox's: tests/cli/test_pages.py
        Settings.model_validate(tomllib.loads(block))


def test_what_the_samples_set_is_what_a_reader_may_set() -> None:
    known = {
        *Settings.model_fields,
        *Columns.model_fields,
        *Limits.model_fields,
        *Sending.model_fields,
        "class",
    }
    for path in sorted((ROOT / "sample_data").glob("*.toml")):
        keys = re.findall(r"^#?\s?(\w+) = ", path.read_text("utf-8"), re.MULTILINE)
        assert set(keys) <= known, path.name


def test_the_house_can_be_drawn(tmp_path):
    """Every package of the contract stands in the drawing, and all of its arrows go down."""
    house = runpy.run_path(str(ROOT / "docs" / "make_house.py"))
    stories = house["floors"]()
    graph = grimp.build_graph("smscampaign", cache_dir=None)
    lines = house["arrows"](graph, [room for story in stories[:-1] for room in story])
    floor = {room: n for n, story in enumerate(stories) for room in story}
    assert len(lines) > 10
    assert all(floor[a] < floor[b] for a, b in lines)
    drawing = ElementTree.fromstring(house["drawn"](stories, lines))
    assert set(floor) <= set(drawing.itertext())
