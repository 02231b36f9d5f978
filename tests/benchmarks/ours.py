"""Our own planning of the benchmark's file into a sealed journal, as a process of its own; prints messages and seconds."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from smscampaign.blocks import PlannedBlock
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.journal.store import open_journal
from smscampaign.planning import plan_blocks
from tests.benchmarks.files import MESSAGE

OPTIONS = {"message": MESSAGE, "purpose": "marketing", "region": "FR", "sender": "Sandbox"}


def plan(path: Path, journal: Path) -> int:
    """How many messages the sealed plan has."""
    store = open_journal(journal)
    try:
        return planned(Campaign.load(path, options=OPTIONS), store, gateway="sandbox").summary.messages
    finally:
        store.close()


def look(path: Path) -> int:
    """How many numbers the file would send to: read, normalised, rendered and counted, with no journal."""
    campaign = Campaign.load(path, options=OPTIONS)
    seen: set[int] = set()

    def take(planned: PlannedBlock) -> None:
        seen.update(planned.messages.numbers)

    for _ in plan_blocks(campaign.recipe(), campaign.source.blocks(), take):
        pass
    return len(seen)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        messages = plan(Path(sys.argv[1]), Path(folder) / "journal.sqlite")
        print(messages, time.perf_counter() - begin)
