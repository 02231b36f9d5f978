"""A real `run` is killed with SIGKILL at random moments and run again until it is done. Nobody gets two messages, nobody is
lost, and the results account for every row. What counts is the sandbox's own record, which no journal of ours can colour.
"""

from __future__ import annotations

import csv
import io
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from smscampaign import sandbox
from tests.forks import Forked

pytestmark = [pytest.mark.crash, pytest.mark.timeout(900)]

PEOPLE, KILLS = 150, 8


def numbers(count: int) -> list[str]:
    """Metropolitan French mobiles derived from phonenumbers' example, in two spellings."""
    return [f"+3361234{n:04d}" if n % 2 else f"06 12 34 {n // 100:02d} {n % 100:02d}" for n in range(count)]


def campaign(folder: Path, *, personal: bool) -> Path:
    """A file with good rows, bad rows and duplicates, and its settings."""
    file = folder / "people.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "mobile"])
        for n, number in enumerate(numbers(PEOPLE)):
            writer.writerow([f"Person {n}", number])
            if n % 30 == 0:
                writer.writerow(["Twin", number.replace(" ", "")])
                writer.writerow(["Landline", "01 99 00 00 00"])
    message = "Hello {{ name }}, your parcel is here." if personal else "Your parcel is here."
    per_call = 500 if personal else 3
    file.with_suffix(".toml").write_text(
        f'message = "{message}"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'
        f"[limits]\nreceivers_per_call = {per_call}\ncalls_at_once = 3\n",
        encoding="utf-8",
    )
    return file


def start(file: Path, *options: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with (file.parent / "log.txt").open("ab") as log:
        return Forked(
            "smscampaign",
            ["run", file, "--yes", *options],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def kill_somewhere(
    process: subprocess.Popen[bytes], chance: random.Random, is_sending: Callable[[], bool]
) -> bool:
    """SIGKILL at a random moment: mostly shortly after sending began, sometimes anywhere. False when it ended first."""
    anywhere = chance.random() < 0.2
    limit = time.monotonic() + (chance.uniform(0, 2.5) if anywhere else 60)
    while process.poll() is None and time.monotonic() < limit:
        if not anywhere and is_sending():
            time.sleep(chance.uniform(0, 0.12))
            break
        time.sleep(0.005)
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    return True


def outcome(file: Path, results: Path, accepted: list[dict[str, str]]) -> None:
    """The law: planned exactly once each, and every row of the file in the results."""
    taken = Counter(row["receiver"] for row in accepted)
    wanted = {f"+3361234{n:04d}" for n in range(PEOPLE)}
    assert [number for number, times in taken.items() if times > 1] == []
    assert wanted - set(taken) == set()
    assert set(taken) - wanted == set()
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))
    lines = list(csv.DictReader(io.StringIO(results.read_text("utf-8"))))
    assert [line["mobile"] for line in lines] == [row["mobile"] for row in rows]
    assert {line["sms_number"] for line in lines if line["sms_status"] == "accepted"} == wanted
    assert Counter(line["sms_status"] for line in lines) == {
        "accepted": PEOPLE,
        "suppressed": 5,
        "rejected": 5,
    }


@pytest.mark.parametrize(("personal", "seed"), [(True, 1), (False, 2), (True, 3)])
def test_killed_again_and_again_against_a_sandbox_that_lives_on(
    tmp_path: Path, personal: bool, seed: int
) -> None:
    chance = random.Random(seed)
    file = campaign(tmp_path, personal=personal)
    slow = sandbox.Fault(sandbox.FaultKind.LATENCY, seconds=0.1, jitter=0.05)
    dropped = sandbox.Fault(sandbox.FaultKind.DROP_AFTER, probability=0.02)
    kills = 0
    with sandbox.running(tmp_path / "sandbox.sqlite", faults=[slow, dropped]) as here:
        while kills < KILLS:
            before = here.world.store.messages
            process = start(file, "--settle", "1", environment=here.environment())
            if not kill_somewhere(process, chance, lambda before=before: here.world.store.messages > before):
                assert process.returncode == 0, (tmp_path / "log.txt").read_text()
                break
            kills += 1
        here.clear_faults()
        process = start(file, "--settle", "1", environment=here.environment())
        assert process.wait(300) == 0, (tmp_path / "log.txt").read_text()
        outcome(file, tmp_path / "people.results.csv", list(here.accepted()))
    assert kills >= KILLS - 2, f"the campaign ended after {kills} kills: not much of a test"


def test_killed_together_with_its_own_sandbox(tmp_path: Path) -> None:
    chance = random.Random(4)
    file = campaign(tmp_path, personal=True)
    journal = tmp_path / ".sandbox" / "people.sandbox.journal.sqlite"
    kills = 0
    while kills < 6:
        process = start(file, "--sandbox", "--pace", "600", environment={})
        size = journal.stat().st_size if journal.exists() else 0
        if not kill_somewhere(
            process, chance, lambda size=size: journal.exists() and journal.stat().st_size > size
        ):
            assert process.returncode == 0, (tmp_path / "log.txt").read_text()
            break
        kills += 1
    process = start(file, "--sandbox", environment={})
    assert process.wait(300) == 0, (tmp_path / "log.txt").read_text()
    with ExitStack() as stack:
        here = stack.enter_context(sandbox.running(tmp_path / ".sandbox" / "people.sandbox.sqlite"))
        outcome(file, tmp_path / "people.sandbox.results.csv", list(here.accepted()))
    assert kills >= 3
