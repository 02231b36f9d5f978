"""The whole command in another language: a catalogue that puts each message into brackets shows what was not told by it."""

from __future__ import annotations

import json
import re

import pytest

from smscampaign import languages, translation
from smscampaign.cli.app import COMMANDS
from smscampaign.model import Reason

from .conftest import OPTIONS

FILE = """name,mobile,pays,note
Anna,612345678,FR,x
Bo,+33799000001,FR,
Cy,07 99 00 00 02,FR,y
Di,0142685300,FR,x
,0799000003,FR,x
Flo,0799000004,Atlantide,x
Gil,0799000005,FR,x
"""


class Bracketed(languages.Catalogue):
    """Every message of the catalogue in brackets, as English says it."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1}⟧"


@pytest.fixture(params=["fr", "pl"])
def bracketed(request, monkeypatch):
    place = languages.files("smscampaign") / "locale" / request.param / "LC_MESSAGES" / "smscampaign.mo"
    catalogue = Bracketed(place.read_bytes())
    clear()
    monkeypatch.setattr(languages, "catalogue_of", lambda language: catalogue)
    yield request.param
    clear()


def clear() -> None:
    for one in (translation._patterns, translation._line, translation._whole):
        one.cache_clear()


#: What is no word of English: commands to copy, options, paths, codes, keys of settings, and what the user wrote.
NO_WORDS = re.compile(
    r"""--(?:retry|as)\s+[a-z|]+ | `[^`]*` | “[^”]*” | '[^']*' | --?[a-z][\w-]*(?:[= ][A-Z|<>]+)?
    | [\w./-]*\.(?:csv|toml|sqlite|py|xlsx)\S*
    | \[[\w-]*\] | https?://\S+ | \b[a-z]+_[a-z_]+\b | \b[A-Z][A-Z0-9_-]+\b | /[\w./*-]+ | \b\w+\.\w+\b | \b\w*\d\w*\b
    | \b[a-z]{10}-\d+\b | \bHello\b.* | U\+[0-9A-F]{4,}\ .* | ^\ \ [\w.]+:(?:\ "\w+")?
    | ^\s+smscampaign\ .* | \bsmscampaign\b""",
    re.VERBOSE | re.MULTILINE,
)
#: Words that are codes, units, names and what a table holds of the user's own.
KNOWN = {
    # Commands, types and keys of settings are names.
    *COMMANDS,
    *(
        "bool",
        "str",
        "list",
        "keep",
        "region",
        "datetime",
        "choice",
        "text",
        "range",
        "Path",
        "mobile",
        "pays",
    ),
    *(
        "OVHcloud",
        "Sandbox",
        "Anna",
        "Gil",
        "spring",
        "here",
        "GSM",
        "UCS",
        "CET",
        "CEST",
        "UTC",
        "min",
        "STOP",
    ),
    *(
        "marketing",
        "transactional",
        "gsm",
        "low",
        "high",
        "medium",
        "stops",
        "outcome",
        "veryLow",
        "flash",
        "phoneDisplay",
        "sim",
        "toolkit",
    ),
    *(
        "duplicate",
        "running",
        "true",
        "false",
        "none",
        "path",
        "int",
        "float",
        "TEXT",
        "FILE",
        "ms",
        "credits",
        "Europe",
        "Paris",
    ),
}


def left_over(text: str) -> list[str]:
    """Words that stand outside of brackets."""
    text = re.sub(r"[│╭╮╰╯─]", " ", text)
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = inner
    bare = NO_WORDS.sub(" ", re.sub("|".join(Reason), " ", text))
    return [word for word in re.findall(r"[A-Za-z]{3,}", bare) if word not in KNOWN]


def spoken(ended) -> str:
    return f"{ended.out}\n{ended.err}"


def test_the_brackets_themselves_find_what_is_not_told() -> None:
    assert left_over("⟦nothing was sent: ⟦3 rows⟧⟧") == []
    assert left_over("⟦nothing was sent⟧: three rows") == ["three", "rows"]


@pytest.mark.parametrize("command", [*COMMANDS, ""])
def test_help_is_told_whole(bracketed, cli, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "4000")
    told = cli("--lang", bracketed, *filter(None, [command]), "--help")
    assert told.code == 0
    assert left_over(told.out) == [], told.out


@pytest.mark.parametrize(
    "typed",
    [
        ("run", "nowhere.csv"),
        ("run", "spring.csv"),
        ("run", "spring.csv", *OPTIONS, "--set", "limits.parts"),
        ("run", "spring.csv", *OPTIONS, "--set", "limits.part=3"),
        ("run", "spring.csv", *OPTIONS, "--parts", "many"),
        ("run", "spring.csv", *OPTIONS, "--max-parts", "many"),
        ("run", "spring.csv", *OPTIONS, "--send-at", "yesterday"),
        ("run", "spring.csv", *OPTIONS, "--region", "Utopia"),
        ("run", "spring.csv", *OPTIONS, "--limit", "many"),
        ("run", "spring.csv", *OPTIONS, "--limit", "0"),
        ("run", "spring.csv", *OPTIONS, "--limt", "3"),
        ("run", "spring.csv", *OPTIONS, "extra"),
        ("run", "spring.csv", *OPTIONS, "--message", "Hello {{ nam }}"),
        ("run", "spring.csv", *OPTIONS, "--message", "Hello {{ name"),
        ("run", "spring.csv", *OPTIONS, "--message", ""),
        ("run", "spring.csv", *OPTIONS, "--number-column", "phone"),
        ("run", "spring.csv", *OPTIONS, "--delimiter", "?"),
        ("run", "spring.csv", *OPTIONS, "--encoding", "klingon"),
        ("run", "spring.csv", *OPTIONS, "--sandbox"),
        ("run", "spring.csv", *OPTIONS, "--sandbox", "--confirm", "ABCD"),
        ("run", "spring.csv", *OPTIONS, "--sandbox", "--confirm", "ABCD", "--yes"),
        ("run", "spring.csv", *OPTIONS, "--dry-run", "--strict"),
        ("run", "spring.csv", *OPTIONS, "--dry-run", "--show", "nothing"),
        ("run", "empty.csv", *OPTIONS),
        ("run", "binary.csv", *OPTIONS),
        ("run",),
        ("runn",),
        ("status", "spring.csv"),
        ("cancel", "spring.csv"),
        ("audit", "spring.csv"),
        ("lint", "--explain", "SMS999"),
        ("lint", "--explain", "SMS001"),
        ("lint", "--rules"),
        ("lint",),
        ("settings",),
        ("settings", "limits.prts"),
        ("estimate", "Ça va? “{{ name }}”"),
        ("estimate", ""),
        ("check", "--advise"),
        ("accounts",),
        ("recover", "spring.journal.sqlite"),
        ("sandbox", "--host", "10.0.0.1"),
    ],
    ids=" ".join,
)
def test_errors_and_lists_are_told_whole(bracketed, cli, folder, monkeypatch, typed):
    monkeypatch.setenv("COLUMNS", "4000")
    monkeypatch.delenv("OVH_ENDPOINT", raising=False)
    (folder / "spring.csv").write_text(FILE, "utf-8")
    (folder / "empty.csv").write_text("", "utf-8")
    (folder / "binary.csv").write_bytes(b"name,mobile\nA\0B,0799000001\n")
    told = spoken(cli(*typed, "--lang", bracketed))
    assert left_over(told) == [], told


def test_a_campaign_is_told_whole_from_its_plan_to_its_proof(bracketed, cli, folder, monkeypatch):
    """A plan, a run, its status, and what else may be asked of it."""
    monkeypatch.setenv("COLUMNS", "4000")
    (folder / "spring.csv").write_text(FILE, "utf-8")
    more = (*OPTIONS, "--country-column", "pays", "--lang", bracketed)
    wrong = {}
    for typed in (
        ("run", "spring.csv", *more, "--dry-run", "--show", "first"),
        ("lint", "spring.csv", *more),
        ("advise", "spring.csv", *more, "--message", "Ça ira « {{ name }} » – ✨"),
        ("check", "spring.csv", *more, "--sandbox"),
        ("init", "spring.csv", "--lang", bracketed),
        ("run", "spring.csv", *more, "--sandbox", "--yes", "--limit", "1"),
        ("status", "spring.csv", *more, "--sandbox"),
        ("run", "spring.csv", *more, "--sandbox", "--yes"),
        ("run", "spring.csv", *more, "--sandbox", "--yes"),
        ("run", "spring.csv", *more, "--sandbox", "--yes", "--message", "Bonjour {{ name }}"),
        ("run", "spring.csv", *more, "--sandbox", "--dry-run", "--amend", "--message", "Bonjour {{ name }}"),
        ("status", "spring.csv", *more, "--sandbox"),
        ("receipts", "spring.csv", *more, "--sandbox"),
        ("reconcile", "spring.csv", *more, "--sandbox"),
        ("audit", "spring.csv", *more, "--sandbox"),
        ("audit", "spring.csv", "+33799000001", *more, "--sandbox"),
        ("cancel", "spring.csv", *more, "--sandbox", "--yes"),
    ):
        told = spoken(cli(*typed))
        if words := left_over(told):
            wrong[" ".join(typed)] = (words, told)
    assert not wrong, "\n\n".join(f"{typed}: {words}\n{told}" for typed, (words, told) in wrong.items())


def test_json_stays_english(cli, folder):
    """Programs read it, whoever looks at the terminal beside it."""
    (folder / "spring.csv").write_text(FILE, "utf-8")
    told = cli("run", "nowhere.csv", "--json", "--lang", "fr")
    assert json.loads(told.out)["error"]["what"] == "there is no such file"
    assert "ce fichier n'existe pas" in told.err


def test_the_environment_names_a_language_as_well(cli, monkeypatch):
    monkeypatch.setenv("LC_ALL", "pl_PL.UTF-8")
    assert "nie ma takiego pliku" in cli("run", "nowhere.csv").err
    assert "Polecenia" in cli("--help").out or "Kampania" in cli("--help").out
    assert "there is no such file" in cli("run", "nowhere.csv", "--lang", "en").err
