"""A reader who types what the pages show, one page after the other."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from smscampaign.sandbox import Running, faults
from smscampaign.settings.model import Settings

from .conftest import Ended, number
from .pages import BLOCKS, LINES, OTHERS, ROOT, Block, is_shown, not_run
from .test_json import is_a

SPRING = 'message = "Hello {{ name }}"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'

#: Of the account that the examples are sent from.
SENDERS = ("Sandbox", "MyShop")
#: Files that a block of a page is: the reader saves it under this name.
SAVED = {
    ("coming-from-the-php-guide.md", "csv"): "first.csv",
    ("coming-from-the-php-guide.md", "toml"): "first.toml",
}


@dataclass
class Walk:
    """A reader who types what a page shows, in a folder of his own, with the keys of a sandbox."""

    page: str
    folder: Path
    cli: Callable[..., Ended]
    ovhcloud: Callable[..., Running]
    patch: pytest.MonkeyPatch
    names: dict[str, Any] = field(default_factory=dict)
    #: What stands in a page for what is different each time.
    stands_for: dict[str, str] = field(default_factory=dict)
    here: Running = field(init=False)
    said: str = ""
    #: How the next command ends.
    code: int = 0

    def __post_init__(self) -> None:
        self.here = self.ovhcloud(senders=SENDERS)

    def afresh(self, **settings: object) -> None:
        """Begin on another computer: an empty folder, no memory of what was sent, and another sandbox."""
        self.patch.setenv("XDG_CACHE_HOME", tempfile.mkdtemp(dir=self.folder.parent))
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.here = self.ovhcloud(**{"senders": SENDERS, **settings})

    def spring(self, count: int = 5, *, settings: str = SPRING) -> None:
        """`spring.csv`, of so many people, with its settings."""
        rows = [f"Person {n},{number(n)}" for n in range(count)]
        Path("spring.csv").write_text("\n".join(["name,mobile", *rows]), "utf-8")
        Path("spring.toml").write_text(settings, "utf-8")

    def samples(self) -> None:
        for path in (ROOT / "sample_data").glob("*.*"):
            if path.is_file() and path.name.count(".") == 1:
                (self.folder / "sample_data").mkdir(exist_ok=True)
                shutil.copy(path, self.folder / "sample_data")

    def real(self, text: str) -> str:
        text = re.sub(r"http://(127\.0\.0\.1|192\.0\.2\.7):8080/", self.here.url, text)
        for shown, meant in self.stands_for.items():
            text = text.replace(shown, meant)
        return text

    def command(self, *words: str) -> None:
        """A command of ours; where it stopped for want of a yes, that is given: the plan's code, if it may be."""
        expected, self.code = self.code, 0
        ended = self.cli(*words)
        codes = re.findall(r"--confirm (\w{4})\b", ended.err)
        if codes:
            self.stands_for["K7QX"] = codes[-1]
        if ended.code == 2 != expected:
            ended = self.cli(*words, *(("--confirm", codes[-1]) if codes else ("--yes",)))
        self.said = ended.out + ended.err
        assert ended.code == expected, (words, self.said)

    def line(self, line: str) -> None:
        before(self, line)
        name, *words = shlex.split(self.real(line), comments=True)
        if name == "curl":
            self.said = curl(words)
        elif line.startswith(OTHERS):
            if shutil.which(name):  # Debian brings all but openssl, which .ci/run installs
                subprocess.run([name, *words], check=True, capture_output=True)
        else:
            self.command(*(words[2:] if words[:1] == ["-m"] else words))
        after(self, line)

    def sh(self, block: Block) -> None:
        for line in block.lines:
            if row := not_run(line, LINES):
                row.check(line)
            else:
                self.line(line)

    def python(self, block: Block) -> None:
        exec(self.real(block.text), self.names)

    def toml(self, block: Block) -> None:
        if block.text.startswith("[[fault]]"):
            Path("faults.toml").write_text(block.text, "utf-8")
            assert faults.from_file("faults.toml")
        else:
            Settings.model_validate(tomllib.loads(block.text))

    def json(self, block: Block) -> None:
        assert is_a("error", block.text) == json.loads(self.said)

    def csv(self, block: Block) -> None:
        assert len({line.count(",") for line in block.lines}) == 1

    def text(self, block: Block) -> None:
        """What was said by the command in its first line, by the command before, or by what its page prepares."""
        shown = block.text
        if shown.startswith("$ "):
            line, _, shown = shown.removeprefix("$ ").partition("\n")
            self.line(line)
        assert is_shown(shown, self.said), self.said

    def block(self, block: Block) -> None:
        if row := not_run(block.text, BLOCKS):
            row.check(block.text)
            return
        if block.language != "sh" and not block.text.startswith("$ "):
            before(self, block.text)
        if saved := SAVED.get((self.page, block.language)):
            Path(saved).write_text(block.text, "utf-8")
        getattr(self, block.language)(block)
        if block.language != "sh":
            after(self, block.text)


def curl(words: list[str]) -> str:
    """What these words to curl do; whatever it answers with an error fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-d", dest="data")
    parser.add_argument("-u", dest="user")
    given = parser.parse_args(words)
    method = given.method or ("POST" if given.data else "GET")
    key = tuple(given.user.split(":")) if given.user else None
    answer = requests.request(method, given.url, data=given.data, auth=key, timeout=10)
    assert answer.ok, (words, answer.text)
    return answer.text


Step = Callable[[Walk], None]
#: What is done before something of a page is run, and what has to be so after it; by the page and by what stands in it.
SCENES: dict[tuple[str, str], Step] = {}
PROOFS: dict[tuple[str, str], Step] = {}


def scene(page: str, words: str) -> Callable[[Step], Step]:
    return lambda prepare: SCENES.setdefault((page, words), prepare)


def proof(page: str, words: str) -> Callable[[Step], Step]:
    return lambda look: PROOFS.setdefault((page, words), look)


def before(walk: Walk, text: str) -> None:
    for prepare in _about(SCENES, walk, text):
        prepare(walk)


def after(walk: Walk, text: str) -> None:
    for look in _about(PROOFS, walk, text):
        look(walk)


def _about(steps: dict[tuple[str, str], Step], walk: Walk, text: str) -> list[Step]:
    return [step for (page, words), step in steps.items() if page == walk.page and words in text]
