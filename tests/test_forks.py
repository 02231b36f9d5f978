"""A process that was forked is in no way different from one that Python was started for."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from tests.forks import Forked

PROBE = """
import atexit, json, os, resource, signal, socket, sys, threading, time, warnings
import ovh.config
out, how = sys.argv[1:3]
streams = [sys.stdin, sys.stdout, sys.stderr]
ignored = {"SHLVL", "_", "PYTEST_CURRENT_TEST"}
seen = {
    "argv": sys.argv, "path": sys.path[0], "name": __name__, "flags": str(sys.flags),
    "warnings": list(map(str, warnings.filters)),
    "folder": os.getcwd(), "environment": {k: v for k, v in os.environ.items() if k not in ignored},
    "leads": os.getsid(0) == os.getpid(), "same group": os.getpgid(0) == os.getpgid(os.getppid()),
    "parent": os.getppid(), "terminal": [one.isatty() for one in streams],
    "streams": [(s.encoding, s.errors, s.line_buffering, s.write_through, s.newlines) for s in streams],
    "open": sorted(map(int, os.listdir("/proc/self/fd")))[:4], "threads": threading.active_count(),
    "signals": [str(signal.getsignal(one)) for one in sorted(signal.valid_signals() - {9, 19})],
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "umask": os.umask(0o22),
    "limits": [resource.getrlimit(one) for one in range(16)], "keys": ovh.config.CONFIG_PATH,
}
with open(out, "w") as file: json.dump(seen, file)
atexit.register(lambda: print("at the end"))
threading.Thread(target=lambda: (time.sleep(0.05), print("a thread"))).start()
sys.stdout.write("said "), sys.stderr.write("told ")
if how == "read": print(sys.stdin.read())
if how == "ends": sys.exit(int(sys.argv[3]))
if how == "sentence": sys.exit("a sentence")
if how == "error": raise ValueError("an error")
if how == "interrupt": signal.raise_signal(signal.SIGINT)
if how == "killed": os.kill(os.getpid(), signal.SIGKILL)
"""

WAYS = (["read"], ["ends", 0], ["ends", 3], ["sentence"], ["error"], ["interrupt"], ["killed"], ["returns"])


def fresh(module, arguments, **options):
    return subprocess.Popen([sys.executable, "-m", module, *map(str, arguments)], **options)


@pytest.fixture
def probe(tmp_path, monkeypatch):
    (tmp_path / "probe.py").write_text(PROBE)

    def run(kind, *how, **options):
        out = tmp_path / "seen.json"
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        one = kind("probe", [out, *how], cwd=tmp_path, **{**streams, "env": dict(os.environ), **options})
        said, told = one.communicate(b"typed" if one.stdin else None, timeout=60)
        trace = (told or b"").decode().splitlines()
        # Of a traceback what it says; through what it came there is another matter.
        return json.loads(out.read_text()) | {
            "said": said,
            "told": trace[:1] + trace[-1:],
            "code": one.returncode,
        }

    return run


def differences(probe, *how, **options):
    one, other = probe(Forked, *how, **options), probe(fresh, *how, **options)
    assert len(one) > 20
    return {name: (value, other[name]) for name, value in one.items() if value != other[name]}


@pytest.mark.parametrize("how", WAYS, ids=lambda how: " ".join(map(str, how)))
def test_it_sees_says_and_ends_the_same(probe, how):
    assert not differences(probe, *how)


@pytest.mark.parametrize(
    "changes",
    [
        {"HOME": "/nowhere", "OVH_ENDPOINT": "ovh-eu", "COLUMNS": "70"},
        {"PYTHONIOENCODING": "ascii:replace"},
        {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "error"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_its_environment_is_the_one_given_and_no_other(probe, monkeypatch, changes):
    monkeypatch.setenv("SMSCAMPAIGN_NOT_GIVEN", "1")
    given = {name: value for name, value in os.environ.items() if name != "SMSCAMPAIGN_NOT_GIVEN"} | changes
    assert not differences(probe, "returns", env=given)


def test_it_has_a_terminal_and_a_session_of_its_own(probe):
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
    assert not differences(probe, "returns", **streams)
    assert probe(Forked, "returns", **streams)["leads"]
    os.close(ours)
    os.close(theirs)


def test_it_is_a_child_that_can_be_killed_and_looked_at(tmp_path):
    (tmp_path / "waits.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    one = Forked("waits", [], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    with one.stdout:
        assert one.stdout.readline() == "ready\n"
        assert one.poll() is None
        one.send_signal(signal.SIGKILL)
        assert one.wait(60) == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(one.pid, 0)
