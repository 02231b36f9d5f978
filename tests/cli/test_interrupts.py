"""The two Ctrl-C's of a delivery, heard whatever the main thread is doing."""

import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals as POSIX has them")

#: A main thread that hears no signal for many seconds: it is within one instruction of the interpreter.
DEAF = """
import hashlib
from smscampaign.cli.interrupts import stopping
with stopping() as stop:
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 200_000_000)
"""

ONCE = """
import signal
from smscampaign.cli.interrupts import stopping
before = signal.getsignal(signal.SIGTERM)
with stopping() as stop:
    print("ready", flush=True)
    print(stop.wait(30), flush=True)
print(signal.getsignal(signal.SIGTERM) == before, signal.set_wakeup_fd(-1))
"""


@pytest.fixture
def started():
    running = []

    def start(program):
        one = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        running.append(one)
        assert one.stdout.readline() == "ready\n"
        return one

    yield start
    for one in running:
        one.kill()
        one.communicate(timeout=30)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_to_stop_and_everything_is_put_back(started, how):
    one = started(ONCE)
    one.send_signal(how)
    out, err = one.communicate(timeout=30)
    assert out.split() == ["True", "True", "-1"]
    assert err.count("Stopping") == 1
    assert one.returncode == 0


def test_who_ignores_ctrl_c_goes_on_ignoring_it(started):
    one = started("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)" + ONCE)
    one.send_signal(signal.SIGINT)
    one.send_signal(signal.SIGTERM)
    out, err = one.communicate(timeout=30)
    assert one.returncode == 0
    assert out.split()[0] == "True"
    assert err.count("Stopping") == 1


def test_the_second_is_heard_by_who_waits_for_nothing_else(started):
    one = started(DEAF)
    one.send_signal(signal.SIGINT)
    assert any("Stopping" in line for line in one.stderr)
    began = time.monotonic()
    one.send_signal(signal.SIGINT)
    assert one.wait(60) == 130
    assert time.monotonic() - began < 15
