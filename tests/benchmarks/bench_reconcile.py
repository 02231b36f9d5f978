"""Doubts settled against the sandbox in a process of its own: 1 000 calls, all of them taken, none, or half of them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

from smscampaign.delivery import doubts
from smscampaign.gateway import OvhCloud, open_ovhcloud
from smscampaign.gateway.endpoints import Keys
from smscampaign.journal.calls import Claim
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Inputs, open_journal
from smscampaign.model import Encoding, InDoubt, Message, Purpose, Recipient, Terms, Text
from tests.benchmarks.bounds import Figure

CALLS = 1000


@contextmanager
def _sandbox() -> Iterator[OvhCloud]:
    """An account in a process of its own, as OVHcloud is one."""
    command = [
        sys.executable,
        "-m",
        "smscampaign.sandbox",
        "--keys",
        "sandbox-ak",
        "sandbox-as",
        "sandbox-ck",
        "--port",
        "0",
        "--credits",
        "1000000",
        "--no-hold",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        url = (
            (process.stdout.readline() if process.stdout else "")
            .partition("OVH_ENDPOINT=")[2]
            .partition("1.0 ")[0]
        )
        keys = Keys(f"{url.rstrip('/')}/1.0", "sandbox-ak", "sandbox-as", "sandbox-ck")
        yield open_ovhcloud(keys=keys, calls_per_minute=0)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _queue(folder: str, name: str, *, each: int) -> Queue:
    """A sealed plan of calls with `each` receivers."""
    store = open_journal(Path(folder) / f"{name}.sqlite")
    inputs = Inputs(name, "loopback", "", "f" * 64, {}, {})
    writer = PlanWriter(store, store.begin(inputs, tag=f"bench{name[:5]}"))
    for call in range(CALLS):
        text = Text(f"Hello {call}", Encoding.GSM7, 9, 1)
        lines = range(2 + call * each, 2 + (call + 1) * each)
        writer.add([Message(line, Recipient(f"+3379900{line:05d}", "FR"), text) for line in lines])
    writer.seal(receivers_per_call=500, width=1, blank=0)
    record = store.find(name)
    assert record is not None
    return Queue(store, record, sender="Sandbox", terms=Terms(Purpose.TRANSACTIONAL))


def _doubted(queue: Queue, gateway: OvhCloud, *, taken: Callable[[int], bool]) -> None:
    _settle(queue, gateway)
    claims = queue.claim(CALLS)

    def submit(claim: Claim) -> None:
        if taken(claim.id):
            gateway.transport.submit(claim.chunk)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(submit, claims))
    queue.record([(claim, InDoubt("the benchmark lost the answer")) for claim in claims])


def _settle(queue: Queue, gateway: OvhCloud) -> float:
    begin = time.perf_counter()
    for _ in doubts.settle(queue, gateway, after=timedelta(0), stop=Event(), clock=queue.journal.clock):
        continue
    return time.perf_counter() - begin


def rows() -> list[Figure]:
    """Seconds to settle the doubts."""
    cases = (
        ("all of them taken", "taken", 1, lambda _: True),
        ("none of them taken", "lost", 1, lambda _: False),
        ("every second one taken, 3 receivers each", "mixed", 3, lambda call: call % 2 == 0),
    )
    found = []
    with tempfile.TemporaryDirectory(prefix="smscampaign-") as folder, _sandbox() as gateway:
        for words, name, each, taken in cases:
            queue = _queue(folder, name, each=each)
            _doubted(queue, gateway, taken=taken)
            seconds = _settle(queue, gateway)
            what = f"settling {CALLS} calls in doubt, {words}"
            found += [
                Figure(what, seconds, "s"),
                Figure(f"{what}: left in doubt", len(queue.doubts()), digits=0),
            ]
            queue.journal.close()
    return found
