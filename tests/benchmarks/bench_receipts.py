"""A million receipts merged into a journal of a million messages, from an export that is read as it comes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.bounds import Figure

MESSAGES, EACH = 1_000_000, 500

#: In a process of its own each: what planning takes is not counted. The peak is the kernel's.
_PLANNED = """
import sys
from decimal import Decimal
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Inputs, open_journal
from smscampaign.model import Accepted, Encoding, Message, Purpose, Recipient, Terms, Text
path, messages, each = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store = open_journal(__import__("pathlib").Path(path))
writer = PlanWriter(store, store.begin(Inputs("spring", "loopback", "", "f" * 64, {}, {}), tag="tagtagtagt"))
text = Text("Hello", Encoding.GSM7, 5, 1)
for first in range(0, messages, 2000):
    lines = range(first + 2, first + 2002)
    writer.add([Message(line, Recipient(f"+3379{line:07d}", "FR"), text) for line in lines])
writer.seal(receivers_per_call=each, width=1, blank=0)
store.mark_begun(store.find("spring"), account="bench")
queue = Queue(store, store.find("spring"), sender="Shop", terms=Terms(Purpose.TRANSACTIONAL))
while claims := queue.claim(100):
    for claim in claims:
        first = claim.lines[0]
        ids = tuple(range(first, first + len(claim.lines)))
        queue.record([(claim, Accepted(ids, claim.chunk.receivers, (), Decimal(each), None))])
store.close()
"""
_MERGED = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from smscampaign.gateway import history
from smscampaign.journal import receipts
from smscampaign.journal.store import open_journal
from tests.benchmarks.bench_receipts import pieces
history.pieces_of = lambda *_, **__: pieces(int(sys.argv[2]), int(sys.argv[3]))
class Api:
    class clients:
        ahead = __import__("datetime").timedelta(0)
        earliest = staticmethod(lambda since: since)
    def find(self, path):
        return {"creationDatetime": "2026-03-02T09:00:00+01:00"}
store = open_journal(Path(sys.argv[1]))
now = datetime(2026, 3, 2, tzinfo=UTC)
none = history.Finals(frozenset(), frozenset())
begin = time.process_time()
ours = lambda tag: tag.startswith("tagtagtagt-")
account = history.OvhHistory(Api(), "sms")
merged = receipts.keep(store, account.exported(now, now, ours=ours, finals=none, stop=Event()))
print(time.process_time() - begin, merged.new)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def pieces(messages: int, each: int) -> Iterator[bytes]:
    """An export of them, with as many lines of somebody else's, in pieces that end anywhere."""
    from smscampaign.journal.calls import tag_of

    yield b"id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt\n"
    rest = ""
    for line in range(2, messages + 2):
        tag = tag_of("tagtagtagt", (line - 2) // each + 1)
        sent = '"2026-03-02 09:00:00"'
        one = f'"+3379{line:07d}";"4";"20801";"Delivered"'
        tail = f'"Hello ""Ann""\nSTOP 36180";{sent};"2026-03-02 09:00:07"\n'
        rest += f'"{line}";{sent};"Shop";{one};"{tag}";{tail}"{line + messages}";{sent};"Shop";{one};"other";{tail}'
        if len(rest) > 65536:
            yield rest.encode()
            rest = ""
    yield rest.encode()


def rows() -> Iterator[Figure]:
    """How long it takes, and the most memory it holds."""
    with tempfile.TemporaryDirectory(prefix="smscampaign-") as folder:
        words = [str(Path(folder) / "bench.journal.sqlite"), str(MESSAGES), str(EACH)]
        subprocess.run([sys.executable, "-c", _PLANNED, *words], check=True)
        done = subprocess.run(
            [sys.executable, "-c", _MERGED, *words], check=True, capture_output=True, text=True
        )
    seconds, new, peak = done.stdout.split()
    yield Figure(f"merging {MESSAGES:,} receipts", float(seconds), "s")
    yield Figure(f"merging {MESSAGES:,} receipts: that are new", float(new), digits=0)
    yield Figure(f"merging {MESSAGES:,} receipts: peak memory", float(peak) / 1024, "MB", 0)
