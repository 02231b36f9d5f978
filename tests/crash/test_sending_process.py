"""The process that a notebook starts to send: it goes on when the kernel is killed, and nobody has it twice."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from smscampaign import ways
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import open_plan
from smscampaign.journal.store import open_journal
from smscampaign.model import Status
from smscampaign.notebook.panel.sending import Errand, ask_to_stop, at_work_on, start

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
PEOPLE = 120

#: A kernel: it starts the process, says so, and does nothing more.
KERNEL = """
import sys, time
from pathlib import Path
from smscampaign.notebook.panel.sending import Errand, start
sent = start(Errand(Path(sys.argv[1]), rehearsal=True), sys.argv[2])
print(sent.process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def errand(tmp_path, monkeypatch):
    """A rehearsal of personal texts, at a pace at which somebody can look on."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    file = tmp_path / "people.csv"
    rows = "".join(f"Person {n},+3361234{n:04d}\n" for n in range(PEOPLE))
    file.write_text(f"name,mobile\n{rows}", encoding="utf-8")
    file.with_suffix(".toml").write_text(
        'message = "Hello {{ name }}, your parcel is here."\npurpose = "transactional"\nregion = "FR"\n'
        'sender = "Sandbox"\n[limits]\ncalls_per_minute = 2400\n',
        encoding="utf-8",
    )
    return Errand(file, rehearsal=True)


def code_of(errand: Errand) -> str:
    return Campaign.load(errand.file).plan().rehearsal_code


def standing(errand: Errand) -> dict[Status, int]:
    if not errand.files.journal.exists():
        return {}
    with closing(open_journal(errand.files.journal, create=False)) as store:
        record = store.find("people")
        if record is None or record.sealed_at is None:
            return {}
        return dict(open_plan(Campaign.load(errand.file), store).tally().messages)


def until(true, seconds: float = 60.0):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
    return found


def received(errand: Errand) -> Counter[str]:
    with ways.sandbox(errand.files.sandbox) as way:
        return Counter(way.accepted(numbers=True)["receiver"])


def test_it_finishes_what_a_killed_kernel_began(errand):
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, str(errand.file), code_of(errand)],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    pid = int(kernel.stdout.readline())
    until(lambda: standing(errand).get(Status.ACCEPTED, 0) > PEOPLE // 4)
    os.killpg(kernel.pid, signal.SIGKILL)
    kernel.wait()
    kernel.stdout.close()
    accepted = standing(errand)[Status.ACCEPTED]
    assert accepted < PEOPLE
    driver = at_work_on(errand)
    assert driver is not None
    assert driver.pid == pid
    until(lambda: standing(errand).get(Status.ACCEPTED) == PEOPLE and at_work_on(errand) is None)
    taken = until(lambda: received(errand))
    assert len(taken) == PEOPLE
    assert set(taken.values()) == {1}
    assert stat.S_IMODE(errand.log.stat().st_mode) == 0o600


def test_it_pauses_and_goes_on_and_a_pause_for_somebody_else_is_void(errand):
    code = code_of(errand)
    sent = start(errand, code)
    until(lambda: standing(errand).get(Status.ACCEPTED, 0) > 5)
    driver = at_work_on(errand)
    assert ask_to_stop(errand, driver)
    assert until(lambda: sent.ended is not None and str(sent.ended)) == "130"
    assert 5 < standing(errand)[Status.ACCEPTED] < PEOPLE
    assert at_work_on(errand) is None
    again = start(errand, code)
    second = until(lambda: at_work_on(errand))
    assert not ask_to_stop(errand, driver)  # the one that was asked is gone
    assert second.pid == again.process.pid
    assert until(lambda: again.ended is not None and str(again.ended)) == "0"
    assert set(received(errand).values()) == {1}


def test_what_is_pending_is_cancelled_by_its_code(errand):
    code = code_of(errand)
    sent = start(errand, code)
    until(lambda: standing(errand).get(Status.ACCEPTED, 0) > 5)
    driver = at_work_on(errand)
    assert ask_to_stop(errand, driver)
    until(lambda: sent.ended is not None)
    ended = start(Errand(errand.file, rehearsal=True, command="cancel"), code)
    until(lambda: ended.ended is not None)
    messages = standing(errand)
    assert messages[Status.CANCELLED]
    assert Status.PENDING not in messages


def test_another_code_sends_nothing_and_the_log_says_why(errand):
    sent = start(errand, "ZZZZ")
    assert until(lambda: sent.ended is not None and str(sent.ended)) == "2"
    assert sent.error().startswith("--confirm: nothing was sent: this is not the plan")
    assert not errand.files.sandbox.exists() or not received(errand)


@pytest.mark.parametrize(
    "line", ["", '{"confirm": "AB', "ABCD\n", '{"confirm": "A", "environment": {"PATH": "x"}}\n']
)
def test_nothing_is_done_before_the_line_came_whole(errand, line):
    done = subprocess.run(
        errand.words(), input=line, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert done.returncode == 2
    assert "no code came on standard input" in done.stderr
    assert not errand.files.journal.exists()
    assert not errand.files.sandbox.exists()


def test_neither_code_nor_key_stands_where_others_read_it(errand, monkeypatch):
    monkeypatch.setenv("OVH_CONSUMER_KEY", "a-secret")
    code = code_of(errand)
    sent = start(errand, code)
    shown = Path(f"/proc/{sent.process.pid}/environ").read_bytes() + " ".join(errand.words()).encode()
    assert b"a-secret" not in shown
    assert code not in errand.words()
    until(lambda: sent.ended is not None)
    assert "a-secret" not in errand.log.read_text("utf-8")
