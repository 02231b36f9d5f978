"""Several machines, here processes, on one PostgreSQL journal: together, one of them killed, one of them standing still.

Nobody gets two messages and nobody is lost, by the sandbox's own record, which no journal of ours can colour.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from smscampaign import sandbox
from smscampaign.journal.fates import tally
from smscampaign.journal.places import Server
from smscampaign.journal.store import open_journal
from tests.forks import Forked

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600)]

PEOPLE = 90
NUMBERS = [f"+3361234{n:04d}" for n in range(PEOPLE)]

#: Seconds: what a claim holds, and how long absence proves nothing.
LEASE, SETTLE = 2.0, 1.0


class Machine:
    """A folder with the campaign's files, and the processes that run it there."""

    def __init__(self, folder: Path, journal: Server, here: sandbox.Running) -> None:
        folder.mkdir()
        self.file = folder / "people.csv"
        self.log = folder / "log.txt"
        self._journal = journal
        self._environment = os.environ | here.environment()
        self.process: subprocess.Popen[bytes] | None = None
        with self.file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["name", "mobile"])
            writer.writerows([f"Person {n}", number] for n, number in enumerate(NUMBERS))
        self.file.with_suffix(".toml").write_text(
            'message = "Hello {{ name }}, your parcel is here."\npurpose = "transactional"\nregion = "FR"\n'
            'sender = "Sandbox"\n[limits]\ncalls_at_once = 3\n',
            encoding="utf-8",
        )

    def start(self) -> subprocess.Popen[bytes]:
        """`run`, in a process of its own."""
        url = f"{self._journal.url}&lease={LEASE}"
        options = ["--journal", url, "--settle", str(SETTLE)]
        with self.log.open("ab") as log:
            self.process = Forked(
                "smscampaign",
                ["run", self.file, "--yes", *options],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self.process

    def finish(self) -> None:
        """Run it until there is nothing left to do."""
        for _ in range(10):
            if self.start().wait(120) == 0:
                return
            time.sleep(LEASE / 2)
        pytest.fail(self.log.read_text("utf-8"))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[sandbox.Running]:
    """A sandbox whose calls take a moment, so that there is a middle to be killed in."""
    slow = sandbox.Fault(sandbox.FaultKind.LATENCY, seconds=0.04, jitter=0.04)
    with sandbox.running(tmp_path / "sandbox.sqlite", faults=[slow]) as running:
        yield running


@pytest.fixture
def machines(tmp_path: Path, database: Server, here: sandbox.Running) -> Iterator[tuple[Machine, Machine]]:
    both = Machine(tmp_path / "one", database, here), Machine(tmp_path / "two", database, here)
    yield both
    for one in both:
        if one.process is not None and one.process.poll() is None:
            one.process.kill()
            one.process.wait(30)
    assert "Traceback" not in both[0].log.read_text() + both[1].log.read_text()


def wait_for(here: sandbox.Running, count: int) -> None:
    limit = time.monotonic() + 120
    while here.world.store.messages < count:
        assert time.monotonic() < limit, "nothing is being sent"
        time.sleep(0.01)


def once_each(here: sandbox.Running) -> None:
    """The law."""
    taken = Counter(row["receiver"] for row in here.accepted())
    assert [number for number, times in taken.items() if times > 1] == []
    assert set(taken) == set(NUMBERS)


def accounted(database: Server, machine: Machine) -> None:
    """The journal and the results say the same."""
    journal = open_journal(database, create=False)
    record = journal.find("people")
    assert record is not None
    assert tally(journal, record).messages == {"accepted": PEOPLE}
    journal.close()
    with (machine.file.parent / "people.results.csv").open(encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["sms_number"] for line in lines if line["sms_status"] == "accepted"] == NUMBERS


def test_two_share_the_work(database, machines, here):
    one, two = machines
    first, second = one.start(), two.start()
    assert {first.wait(180), second.wait(180)} <= {0, 1}, one.log.read_text() + two.log.read_text()
    once_each(here)
    one.finish()
    once_each(here)
    accounted(database, one)
    journal = open_journal(database)
    with journal.reading() as connection:
        drivers = connection.exec_driver_sql("SELECT last_value FROM driver_id_seq").scalar_one()
    journal.close()
    assert drivers >= 4  # both planned or looked, and both delivered


@pytest.mark.parametrize("seed", [1, 2])
def test_one_is_killed_and_the_other_goes_on(database, machines, here, seed):
    chance = random.Random(seed)
    one, two = machines
    first, second = one.start(), two.start()
    wait_for(here, 1 + chance.randrange(PEOPLE // 3))
    time.sleep(chance.uniform(0, 0.1))
    first.kill()
    first.wait(30)
    assert second.wait(180) in {0, 1}, two.log.read_text()
    two.finish()
    once_each(here)
    accounted(database, two)


@pytest.mark.parametrize("seed", [1, 2])
def test_one_stands_still_longer_than_its_lease_and_then_goes_on(database, machines, here, seed):
    chance = random.Random(seed)
    one, two = machines
    first, second = one.start(), two.start()
    wait_for(here, 1 + chance.randrange(PEOPLE // 3))
    time.sleep(chance.uniform(0, 0.1))
    first.send_signal(signal.SIGSTOP)
    assert second.wait(180) in {0, 1}, two.log.read_text()
    time.sleep(LEASE + 0.2)
    # Its calls are in doubt by now, and the other is asked to settle them while their maker may still wake up.
    assert two.start().wait(120) in {0, 1}, two.log.read_text()
    first.send_signal(signal.SIGCONT)
    # Stopped in the middle of a transaction, it finds that the server has ended that.
    assert first.wait(120) in {0, 1, 2}, one.log.read_text()
    two.finish()
    once_each(here)
    accounted(database, two)
