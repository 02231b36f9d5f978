"""Campaigns that die and are begun again, and the law they are held to by the sandbox's own record."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from smscampaign.journal.answers import answers
from smscampaign.journal.store import open_journal
from smscampaign.model import Status
from smscampaign.sandbox import Running, Sandbox
from tests.crash import points
from tests.forks import Forked

ROOT = Path(__file__).parents[2]

#: Metropolitan French mobiles beside phonenumbers' example, in two spellings.
SPELLINGS = ("+3361234{:04d}", "06 12 34 {:02d} {:02d}")

#: A campaign that is not done after so many commands never will be.
TRIES = 8


@dataclass(frozen=True)
class Ended:
    """How a command ended (exit code, or minus the signal), the points it passed, and what it said."""

    code: int
    passed: list[str]
    said: str

    @property
    def killed(self) -> bool:
        return self.code == -9


@dataclass
class Campaign:
    """One campaign of `count` good rows with a bad one and a twin, on an account of its own."""

    folder: Path
    sandbox: Running
    account: str
    count: int
    logs: Path
    kills: int = 0
    commands: int = 0
    said: list[str] = field(default_factory=list)
    others: dict[str, Any] = field(default_factory=dict)
    #: Rows the file had before: a plan that is not yet planned anew has as many.
    earlier: set[int] = field(default_factory=set)
    stem: str = "people"

    @property
    def file(self) -> Path:
        return self.folder / f"{self.stem}.csv"

    @property
    def journal(self) -> Path:
        return self.folder / f"{self.stem}.journal.sqlite"

    @property
    def results(self) -> Path:
        return self.folder / f"{self.stem}.results.csv"

    @property
    def wanted(self) -> set[str]:
        return {SPELLINGS[0].format(n) for n in range(self.count)}

    def write(self, *, personal: bool, per_call: int = 3, at_once: int = 2, settle: float = 0.5) -> Campaign:
        """The file and its settings."""
        with self.file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["name", "mobile"])
            for n in range(self.count):
                even = SPELLINGS[1].format(n // 100, n % 100)
                writer.writerow([f"Person {n}", SPELLINGS[0].format(n) if n % 2 else even])
            writer.writerow(["Twin", SPELLINGS[0].format(0)])
            writer.writerow(["Landline", "01 99 00 00 00"])
        message = f"{'Hello {{ name }}, ' if personal else ''}parcel for {self.account}."
        self.file.with_suffix(".toml").write_text(
            f'message = "{message}"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'
            f'account = "{self.account}"\n[limits]\nreceivers_per_call = {per_call}\ncalls_at_once = {at_once}\n'
            f"[sending]\nsettle = {settle}\n",
            encoding="utf-8",
        )
        return self

    def do(
        self, command: str = "run", *options: str, dies_at: str = "", look: bool = True, **prepared: Any
    ) -> Ended:
        """One command on it, in a process of its own; with `look` everything is held to the law afterwards."""
        self.commands += 1
        # Beside nothing of the campaign: its folder may be full, or read-only.
        log = self.logs / f"{self.account}.log"
        yes = ["--yes"] if command in {"run", "cancel"} else []
        trail = log.with_suffix(".trail")
        request = {"dies_at": dies_at, "trail": str(trail), **self.others, **prepared}
        with log.open("wb") as said:
            process = Forked(
                "tests.crash.points",
                [command, self.journal if command == "recover" else self.file, *yes, *options],
                env={
                    **os.environ,
                    **self.sandbox.environment(),
                    "XDG_CACHE_HOME": str(self.folder / "cache"),
                    "COLUMNS": "200",
                    points.VARIABLE: json.dumps(request),
                },
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
            code = process.wait()
        passed = trail.read_text().splitlines() if trail.exists() else []
        ended = Ended(code, passed, log.read_text("utf-8", "replace"))
        self.said.append(
            f"$ {command} {' '.join(options)} (dies at {dies_at or 'no point'})\n{ended.said}→ {ended.code}"
        )
        self.kills += ended.killed
        assert "Traceback" not in ended.said, self.story()
        if look:
            self.check_at_any_time()
        return ended

    def resume(self, *options: str, done: tuple[int, ...] = (0,), chance: random.Random | None = None) -> int:
        """Run again until it says it is done; with `chance` the first of these runs may die as well. The last exit code."""
        deaths = 0
        while chance and deaths < 4 and chance.random() < 0.6:
            deaths += 1
            code = self.do("run", *options, dies_at=str(chance.randint(1, 60))).code
            if code in done:
                return code
        for _ in range(TRIES):
            code = self.do("run", *options).code
            if code in done:
                return code
            assert code in {1, 2}, self.story()
        raise AssertionError(f"it is never done:\n{self.story()}")

    def grow(self, more: int) -> None:
        """Further people at the end of the file."""
        self.earlier.add(self.count + 2)
        with self.file.open("a", newline="", encoding="utf-8") as stream:
            for n in range(self.count, self.count + more):
                csv.writer(stream).writerow([f"Person {n}", SPELLINGS[0].format(n)])
        self.count += more

    def record(self) -> Counter[str]:
        """How often each number was really taken, by the sandbox's own record."""
        mine = f"parcel for {self.account}."
        limit = time.monotonic() + 60
        while True:
            try:
                rows = list(self.sandbox.accepted())
                return Counter(row["receiver"] for row in rows if row["message"].endswith(mine))
            except ConnectionError:  # a fault that refuses connections refuses these as well, for its time
                assert time.monotonic() < limit
                time.sleep(0.1)

    def check_at_any_time(self) -> None:
        """The journal knows of everything that was taken, and claims nothing that was not; a plan is whole or not there."""
        # The record after the journal for one law and before it for the other: calls may still be arriving.
        before = self.record()
        known = self.known()
        after = self.record()
        assert [number for number, times in after.items() if times > 1] == [], self.story()
        if known is None:
            assert not after, self.story()
            return
        rows = sum(1 for _ in csv.reader(io.StringIO(self.file.read_text("utf-8")))) - 1
        assert len(known) in {rows, *self.earlier}, self.story()
        status = {number: one for number, one in known if number}
        idle = {number for number, one in status.items() if one in {Status.PENDING, Status.REFUSED}}
        assert idle & set(before) == set(), self.story()
        said_to_be_taken = {number for number, one in status.items() if one is Status.ACCEPTED}
        assert said_to_be_taken <= set(after), self.story()

    def known(self) -> list[tuple[str, Status]] | None:
        """What the journal says of every row as (number or nothing, status); None while there is no whole plan."""
        if not self.journal.exists() or not _has_tables(self.journal):
            return None
        store = open_journal(self.journal, create=False)
        try:
            record = store.find(self.stem)
            if record is None or record.sealed_at is None:
                return None
            return [
                (
                    "" if one.recipient is None or one.status is Status.SUPPRESSED else one.recipient.msisdn,
                    one.status,
                )
                for one in answers(store, record)
            ]
        finally:
            store.close()

    def check_everybody(self) -> list[dict[str, str]]:
        """The law: everybody once, nobody else, and every row of the file in the results, which are returned."""
        taken = self.record()
        assert {number for number, times in taken.items() if times > 1} == set(), self.story()
        assert self.wanted - set(taken) == set(), self.story()
        assert set(taken) - self.wanted == set(), self.story()
        rows = list(csv.DictReader(io.StringIO(self.file.read_text("utf-8"))))
        lines = list(csv.DictReader(io.StringIO(self.results.read_text("utf-8"))))
        assert [line["mobile"] for line in lines] == [row["mobile"] for row in rows], self.story()
        return lines

    def check_amended(self) -> None:
        """The law, where some had it by the plan before: the results say so, and count each message once."""
        lines = self.check_everybody()
        accepted = [line["sms_number"] for line in lines if line["sms_status"] == "accepted"]
        assert sorted(accepted) == sorted(self.wanted), self.story()
        assert Counter(line["sms_status"] for line in lines) == {
            "accepted": self.count,
            "suppressed": 1,
            "rejected": 1,
        }, self.story()
        self.check_audit()

    def check_done(self) -> None:
        """The law of a campaign that was planned once, and the journal says the same."""
        lines = self.check_everybody()
        accepted = [line["sms_number"] for line in lines if line["sms_status"] == "accepted"]
        assert sorted(accepted) == sorted(self.wanted), self.story()
        known = self.known()
        assert known is not None
        assert Counter(one for _, one in known) == {
            Status.ACCEPTED: self.count,
            Status.SUPPRESSED: 1,
            Status.REJECTED: 1,
        }, self.story()
        self.check_audit()

    def check_cancelled(self) -> None:
        """Nobody waits any more, nobody is unaccounted for, and nobody whom the journal calls cancelled gets it."""
        assert max(self.record().values()) == 1, self.story()
        known = self.known()
        assert known is not None
        status = {number: one for number, one in known if number}
        assert set(status.values()) <= {Status.CANCELLED, Status.ACCEPTED}, self.story()
        assert {number for number, one in status.items() if one is Status.ACCEPTED} == self.left(), (
            self.story()
        )
        lines = csv.DictReader(io.StringIO(self.results.read_text("utf-8")))
        told = {line["sms_number"]: line["sms_status"] for line in lines if line["sms_number"] in status}
        assert {**told, **status} == told, self.story()
        self.check_audit()

    def left(self) -> set[str]:
        """Who is not cancelled by the sandbox's own record."""
        with urlopen(f"{self.sandbox.url}_sandbox/accepted.json", timeout=30) as answer:
            return {
                row["receiver"]
                for row in json.load(answer)
                if not row["cancelled"] and row["account"] == self.account
            }

    def check_audit(self) -> None:
        """What `smscampaign audit` finds, and SQLite's own opinion of the file."""
        with sqlite3.connect(self.journal) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        assert self.do("audit").code == 0, self.story()

    def story(self) -> str:
        """What was done to it, for whoever reads that a test failed."""
        return "\n".join(
            [
                f"in {self.folder}, account {self.account}",
                *self.said,
                f"record: {sorted(self.record().items())}",
            ]
        )


@pytest.fixture
def new_campaign(tmp_path: Path) -> Callable[..., Campaign]:
    """A further campaign in a sandbox, on an account nobody else uses."""
    names = iter(Sandbox(accounts=2000).account_names())
    logs = tmp_path / "logs"
    logs.mkdir()

    def make(here: Running, *, count: int, **shape: Any) -> Campaign:
        account = next(names)
        folder = tmp_path / account
        folder.mkdir()
        return Campaign(folder, here, account, count, logs).write(**shape)

    return make


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """One line of figures for whoever watches the tests, captured or not."""

    def line(text: str) -> None:
        with capfd.disabled():
            os.write(2, f"\n{text}\n".encode())

    return line


def _has_tables(journal: Path) -> bool:
    connection = sqlite3.connect(journal)
    try:
        return connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'about'").fetchone() != (
            0,
        )
    finally:
        connection.close()
