"""The fenced examples of the pages: which are run, and which stand in a table with the reason why they are not."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smscampaign.cli.app import COMMANDS, build_app
from smscampaign.sandbox.__main__ import _parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: What a line of a shell block begins with that is our program, and is run in this process.
OURS = re.compile(r"(?:\S*/)?(?:smscampaign|python3? -m smscampaign) ")
#: Other programs that the tests run, in the scratch folder.
OTHERS = ("cp ", "curl ", "mkdir ", "openssl ")
#: What the tests make of a whole block.
RUN = {"sh", "python", "toml", "json", "csv", "text"}


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: str
    language: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Its lines; of a shell block the commands, continued lines joined, without comments."""
        if self.language != "sh":
            return self.text.splitlines()
        joined = self.text.replace("\\\n", " ").splitlines()
        return [line for line in joined if shlex.split(line, comments=True)]


def blocks(page: Path) -> list[Block]:
    return [Block(page.name, *found) for found in FENCE.findall(page.read_text("utf-8"))]


def named_in_the_text(page: Path) -> list[str]:
    """Commands of ours in the sentences of a page, often without their file or a value: `run --amend`."""
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text("utf-8")))
    short = rf"({'|'.join(COMMANDS)}) --"
    return [OURS.sub("", span) for span in spans if OURS.match(span) or re.match(short, span)]


def known_to_us(words: str) -> None:
    """Fails where a command or an option does not exist; what is left out of it may be."""
    name, *more = shlex.split(words)
    if name.startswith("-"):
        assert name in {one for option in build_app().params for one in option.opts}, words
        return
    command = build_app(name).commands[name]
    try:
        command.make_context(name, more)
    except Exception as error:  # Typer has no public names for them
        if type(error).__name__ not in {"BadOptionUsage", "BadParameter", "Exit", "MissingParameter"}:
            raise


def parsed_by_us(line: str) -> None:
    """Fails where our own command line does not know the command in a line."""
    found = re.search(r"smscampaign ([^>&|\"]+)", line)
    assert found, line
    name, *words = shlex.split(found[1], comments=True)
    build_app(name).commands[name].make_context(name, words)


def _parsed_by_the_sandbox(line: str) -> None:
    _parser().parse_args(shlex.split(line, comments=True)[3:])


def _targets(line: str) -> None:
    target = line.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), line


def _extras(line: str) -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for extra in re.findall(r"\[(\w+)\]", line):
        assert extra in known, line


def _paths(line: str) -> None:
    for word in shlex.split(line, comments=True):
        assert not word.startswith("tests/") or (ROOT / word).exists(), line


def _keys(block: str) -> None:
    file = configparser.RawConfigParser()
    file.read_string(block)
    section = file[file["default"]["endpoint"]]
    assert set(section) == {"application_key", "application_secret", "consumer_key"}


def _exported(line: str) -> None:
    names = {"OVH_ENDPOINT", "OVH_APPLICATION_KEY", "OVH_APPLICATION_SECRET", "OVH_CONSUMER_KEY"}
    given = {word.partition("=")[0] for word in shlex.split(line.splitlines()[0])[1:]}
    assert given <= names, line


def _unit(block: str) -> None:
    """By systemd where there is one; our program stands where the tests have it. A timer needs its service beside it."""
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(block)
    if "Service" in unit:
        parsed_by_us(unit["Service"]["ExecStart"])
    if shutil.which("systemd-analyze"):
        service = "[Service]\nType=oneshot\nExecStart=/bin/true\n"
        Path("rdv.service").write_text(
            re.sub(r"/srv/\S*smscampaign", "/bin/true", block if "Service" in unit else service)
        )
        if "Timer" in unit:
            Path("rdv.timer").write_text(block, "utf-8")
        names = ["./rdv.timer"] if "Timer" in unit else ["./rdv.service"]
        done = subprocess.run(
            ["systemd-analyze", "verify", *names], check=False, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")


def _crontab(block: str) -> None:
    bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    for line in block.splitlines():
        if re.match(r"\w+=", line):
            continue
        *fields, command = line.split(maxsplit=5)
        for field, (low, high) in zip(fields, bounds, strict=True):
            assert re.fullmatch(r"(\*|\d+(-\d+)?)(/\d+)?(,\d+(-\d+)?)*", field), line
            assert all(low <= int(one) <= high for one in re.findall(r"(?<!/)\b\d+", field)), line
        assert not re.search(r"(?<!\\)%", command), "cron makes a new line of a %"
        assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0, line
        parsed_by_us(command)


def _script(block: str) -> None:
    if node := shutil.which("node"):
        Path("example.js").write_text(block, "utf-8")
        assert subprocess.run([node, "--check", "example.js"], check=False).returncode == 0


def _nothing(_: str) -> None:
    """There is nothing that could be checked."""


@dataclass(frozen=True)
class NotRun:
    """What begins so is not run, why, and what of it is checked instead."""

    start: str
    reason: str
    check: Callable[[str], None] = _nothing


#: Commands of shell blocks.
LINES = (
    NotRun("python3 -m venv ", "makes an environment"),
    NotRun("python -m venv ", "makes an environment"),
    NotRun(". .venv/bin/activate", "is about the reader's terminal; test_readme.py types it"),
    NotRun(".venv/bin/pip install", "installs", _extras),
    NotRun(".venv/bin/python -m pip install", "installs", _extras),
    NotRun("pip install", "installs", _extras),
    NotRun("make dist ", "asks for the publisher's address; test_dist.py builds", _targets),
    NotRun("make ", "makes or tests the whole project", _targets),
    NotRun(".venv/bin/python -m pytest", "runs the tests", _paths),
    NotRun("export OVH_", "keys of a real account", _exported),
    NotRun("createdb ", "makes a database on a server of PostgreSQL"),
    NotRun("smscampaign run spring.csv --journal postgresql", "a server of PostgreSQL", parsed_by_us),
    NotRun("smscampaign sandbox", "serves until it is stopped", parsed_by_us),
    NotRun("python -m smscampaign sandbox", "serves until it is stopped", parsed_by_us),
    NotRun("python -m smscampaign.sandbox", "serves until it is stopped", _parsed_by_the_sandbox),
    NotRun("NODE_EXTRA_CA_CERTS=", "a script of the reader's, with OVHcloud's client for Node"),
)
#: Whole blocks, by how they begin.
BLOCKS = (
    NotRun("front ends   cli/", "a drawing"),
    NotRun(" spring.csv ─ recipients", "a drawing"),
    NotRun("             claim ", "a drawing"),
    NotRun(
        "export OVH_ENDPOINT=http", "what a sandbox prints when it starts, with keys of its own", _exported
    ),
    NotRun("[default]\nendpoint=", "keys of a real account", _keys),
    NotRun("MAILTO=", "a table of cron", _crontab),
    NotRun("[Unit]", "a service of systemd", _unit),
    NotRun("[Timer]", "a timer of systemd", _unit),
    NotRun("schtasks ", "Windows", parsed_by_us),
    NotRun("const ovh = require", "OVHcloud's client for Node", _script),
)


def not_run(text: str, table: tuple[NotRun, ...]) -> NotRun | None:
    return next((row for row in table if text.startswith(row.start)), None)


def escapes(block: Block) -> list[str]:
    """What of a block would neither be run nor stands in the table."""
    if not_run(block.text, BLOCKS):
        return []
    if block.language not in RUN:
        return [block.text]
    if block.language != "sh":
        return []
    return [
        line
        for line in block.lines
        if not (not_run(line, LINES) or OURS.match(line) or line.startswith(OTHERS))
    ]


def is_shown(text: str, said: str) -> bool:
    """Whether a program said all this, in this order; `…` stands for what is left out."""
    at, said = 0, " ".join(said.split())
    for line in text.splitlines():
        for piece in line.split("…"):
            words = " ".join(piece.split())
            found = said.find(words, at)
            if found < 0:
                sys.stderr.write(f"not said: {words}\n")
                return False
            at = found + len(words)
    return True
