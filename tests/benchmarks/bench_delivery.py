"""What one call costs on our side: our CPU, not the sandbox's, which runs as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import files
from tests.benchmarks.bounds import Figure

CALLS = 2000

# Delivering with everything in place: the CPU of the whole process between plan and end, divided by the calls.
_DELIVER = """
import sys, time
from datetime import timedelta
from pathlib import Path
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.launch import LaunchOptions, deliver
from smscampaign.campaign.editions import planned
from smscampaign.gateway import open_ovhcloud
from smscampaign.gateway.pace import Pace
from smscampaign.journal.store import open_journal
from tests.benchmarks.ours import OPTIONS
store = open_journal(Path(sys.argv[2]))
plan = planned(Campaign.load(sys.argv[1], options=OPTIONS), store, gateway="loopback")
gateway = open_ovhcloud(calls_per_minute=0)
begin = time.process_time()
done = deliver(plan, gateway, LaunchOptions(pace=Pace(0), settle=timedelta(0)), confirm=plan.code)
print((time.process_time() - begin) / plan.summary.chunks * 1000, done.tally.chunks)
"""


def rows() -> list[Figure]:
    """Milliseconds of CPU per call of one receiver, the journal's two commits included."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = files.recipients(folder / "people.csv", CALLS)
        sandbox = subprocess.Popen(
            [sys.executable, "-m", "smscampaign.sandbox", "--port", "0", "--credits", "1000000"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            words = (sandbox.stdout.readline() if sandbox.stdout else "").split()
            keys = dict(word.split("=", 1) for word in words if word.startswith("OVH_"))
            command = [sys.executable, "-c", _DELIVER, str(file), str(folder / "journal.sqlite")]
            answer = subprocess.run(
                command, check=True, capture_output=True, text=True, env=os.environ | keys
            ).stdout
        finally:
            sandbox.terminate()
            sandbox.communicate(timeout=30)
    spent = float(answer.split()[0])
    return [Figure("CPU per call on our side, against the sandbox", spent, "ms", 2)]
