"""What durability costs: two commits with fsync for each call, and how soon a large campaign that was cut off sends again."""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.campaign.plans import queue_of
from smscampaign.journal.marks import Mark, counted
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.model import Accepted
from tests.benchmarks import files
from tests.benchmarks.bounds import Figure
from tests.benchmarks.ours import OPTIONS

#: Calls whose two commits are timed, rows of the journal that is resumed, and rows sent before it is cut off.
CALLS, ROWS, SENT = 1000, 1_000_000, 200

# The story itself, in a process that has already read the file's name: from `Plan.deliver` to the first POST.
_INNER = """
import sys, time
from datetime import timedelta
from pathlib import Path
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.launch import LaunchOptions, deliver
from smscampaign.campaign.editions import planned
from smscampaign.gateway.fake import FakeGateway
from smscampaign.gateway.pace import Pace
from smscampaign.journal.store import open_journal
from tests.benchmarks.ours import OPTIONS
class First(FakeGateway):
    def submit(self, chunk):
        self.began = getattr(self, "began", None) or time.perf_counter()
        return super().submit(chunk)
store = open_journal(Path(sys.argv[2]))
plan = planned(Campaign.load(sys.argv[1], options=OPTIONS), store, gateway="loopback")
gateway = First()
begin = time.perf_counter()
options = LaunchOptions(pace=Pace(0), settle=timedelta(0), limit=int(sys.argv[3]) if sys.argv[3:] else None)
if options.limit is None:
    import threading
    def stop():
        while not hasattr(gateway, "began"):
            time.sleep(0.001)
        options.stop.set()
    threading.Thread(target=stop, daemon=True).start()
deliver(plan, gateway, options, confirm=plan.code)
print(gateway.began - begin)
"""


def rows() -> Iterator[Figure]:
    """Milliseconds per call on SQLite, then seconds until the first POST of a resumed campaign, three ways."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spent, bare = _two_commits(folder), _bare_commits(folder)
        yield Figure("durability: two commits of a call, alone, median on SQLite", spent, "ms", 2)
        yield Figure("  for scale: two bare ones here", bare, "ms", 2)
        mark = _mark(folder)
        yield Figure(
            "durability: the mark of the journal, as a share of a commit", mark / (spent / 2), digits=3
        )
        yield Figure("  for scale: as a share of a bare one", mark / (bare / 2), digits=3)
        file = files.recipients(folder / "people.csv", ROWS)
        store = open_journal(folder / "people.journal.sqlite")
        begin = time.perf_counter()
        chunks = planned(Campaign.load(file, options=OPTIONS), store, gateway="loopback").summary.chunks
        store.close()
        yield Figure(
            f"  for scale: planning {ROWS:,} rows into {chunks:,} calls", time.perf_counter() - begin, "s", 0
        )
        _sandboxed(file, "--limit", str(SENT))
        yield Figure("1M rows resumed: from Plan.deliver to the first POST", _inner(file), "s", 2)
        started = _sandboxed(file)
        yield Figure("1M rows resumed: from the start of `run --yes` to the first POST", started, "s", 2)


def _two_commits(folder: Path) -> float:
    """The claim's commit and the outcome's commit of single calls, nothing else; median in milliseconds."""
    file = files.recipients(folder / "few.csv", CALLS)
    store = open_journal(folder / "few.sqlite")
    plan = planned(Campaign.load(file, options=OPTIONS), store, gateway="loopback")
    queue: Queue = queue_of(plan)
    times = []
    with store.driving():
        for _ in range(CALLS):
            begin = time.perf_counter()
            claims = queue.claim(1)
            claimed = time.perf_counter() - begin
            if not claims:
                break
            (claim,) = claims
            outcome = Accepted((1,), claim.chunk.receivers, (), Decimal(1), None)
            begin = time.perf_counter()
            queue.record([(claim, outcome)])
            times.append(claimed + time.perf_counter() - begin)
    store.close()
    return statistics.median(times) * 1000


def _bare_commits(folder: Path) -> float:
    """Two commits of one small row each by SQLite alone, as durable as the journal's: what this disk takes of it all."""
    connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE one (x)"):
        connection.execute(statement)
    times = []
    for _ in range(CALLS // 4):
        begin = time.perf_counter()
        for statement in ("BEGIN IMMEDIATE", "INSERT INTO one VALUES (1)", "COMMIT") * 2:
            connection.execute(statement)
        times.append(time.perf_counter() - begin)
    connection.close()
    return statistics.median(times) * 1000


def _mark(folder: Path) -> float:
    """What a transaction does for the mark: it counts itself in the journal, and writes the mark; median in milliseconds."""
    store = open_journal(folder / "mark.sqlite")
    mark, times = Mark(folder / "mark.sqlite"), []
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE about SET marked = 1")
        raw = connection.connection.driver_connection
        for _ in range(CALLS):
            begin = time.perf_counter()
            reached = counted(raw)
            if reached is not None:
                mark.write(reached)
            times.append(time.perf_counter() - begin)
    mark.close()
    store.close()
    return statistics.median(times) * 1000


def _inner(file: Path) -> float:
    command = [sys.executable, "-c", _INNER, str(file), str(file.with_name("people.journal.sqlite"))]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0])


def _sandboxed(file: Path, *limit: str) -> float:
    """Seconds from the start of `run` to the sandbox's first message of it; it is killed there unless it ends by itself."""
    with _sandbox(file.parent) as (keys, database):
        options = [f"--{name}={value}" for name, value in OPTIONS.items()]
        command = [sys.executable, "-m", "smscampaign", "run", str(file), *options, "--yes", "--settle", "0"]
        before = _taken(database)
        begin = time.perf_counter()
        with (file.parent / "log.txt").open("w") as log:
            run = subprocess.Popen([*command, *limit], env=os.environ | keys, stdout=log, stderr=log)
            try:
                while not limit and run.poll() is None and _taken(database) == before:
                    time.sleep(0.002)
                spent = time.perf_counter() - begin
                if limit:
                    run.wait(600)
            finally:
                run.kill()
                run.wait(30)
        if not limit and _taken(database) == before:
            raise RuntimeError((file.parent / "log.txt").read_text()[-2000:])
        return spent


@contextmanager
def _sandbox(folder: Path) -> Iterator[tuple[dict[str, str], Path]]:
    database = folder / "sandbox.sqlite"
    command = [sys.executable, "-m", "smscampaign.sandbox", "--port", "0", "--credits", "100000000"]
    server = subprocess.Popen([*command, "--database", str(database)], stdout=subprocess.PIPE, text=True)
    try:
        words = (server.stdout.readline() if server.stdout else "").split()
        yield dict(word.split("=", 1) for word in words if word.startswith("OVH_")), database
    finally:
        server.terminate()
        server.communicate(timeout=60)


def _taken(database: Path) -> int:
    """The size of the sandbox's own record: it grows by the first call that arrives."""
    wal = database.with_name(f"{database.name}-wal")
    return wal.stat().st_size if wal.exists() else 0
