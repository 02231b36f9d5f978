"""Which calls a fault hits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from smscampaign.sandbox import BodyKind, Fault, FaultKind
from smscampaign.sandbox.faults import Injector, from_file, from_json, from_text, to_json
from smscampaign.sandbox.limits import RateLimits

JOBS = ("POST", "/sms/sms-sb00001-1/jobs")


def hits(injector: Injector, calls: int = 10) -> list[int]:
    return [n for n in range(1, calls + 1) if injector.decide(*JOBS).faults]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.DROP_AFTER), list(range(1, 11))),
        (Fault(FaultKind.DROP_AFTER, nth=3), [3]),
        (Fault(FaultKind.DROP_AFTER, times=2), [1, 2]),
        (Fault(FaultKind.DROP_AFTER, probability=0), []),
        (Fault(FaultKind.DROP_AFTER, route="GET /sms"), []),
    ],
)
def test_by_count(fault, expected):
    assert hits(Injector([fault])) == expected


def test_by_chance_the_seed_decides():
    fault = Fault(FaultKind.STATUS, probability=0.3)
    first = hits(Injector([fault], seed=5), 2000)
    assert first == hits(Injector([fault], seed=5), 2000)
    assert first != hits(Injector([fault], seed=6), 2000)
    assert 500 < len(first) < 700


@pytest.mark.parametrize(
    ("route", "method", "path", "covered"),
    [
        ("POST /sms/*/jobs", "POST", "/sms/a/jobs", True),
        ("POST /sms/*/jobs", "GET", "/sms/a/jobs", False),
        ("POST /sms/*/jobs", "POST", "/sms/a/jobs/1", False),
        ("* /sms/*", "DELETE", "/sms/a/jobs/1", True),
        ("*", "GET", "/auth/time", True),
        ("GET /sms", "GET", "/sms", True),
        ("GET /sms", "GET", "/sms/a", False),
    ],
)
def test_by_route(route, method, path, covered):
    assert Fault(FaultKind.LATENCY, route=route).covers(method, path) is covered


def test_latencies_add_up_and_jitter_stays_within():
    slow = Injector([Fault(FaultKind.LATENCY, seconds=1), Fault(FaultKind.LATENCY, seconds=0.5, jitter=0.25)])
    delays = [slow.decide(*JOBS).latency for _ in range(100)]
    assert all(1.5 <= delay < 1.75 for delay in delays)
    assert len(set(delays)) > 50


def test_a_fault_says_whether_it_acts_before_or_after():
    effects = Injector([Fault(FaultKind.STATUS, after=True)]).decide(*JOBS)
    assert effects.hit(FaultKind.STATUS, after=False) is None
    assert effects.hit(FaultKind.STATUS, after=True) is not None
    assert effects.hit(FaultKind.STATUS) is not None


def test_clear_ends_faults_and_starts_the_sequence_again():
    injector = Injector([Fault(FaultKind.STATUS, probability=0.5)])
    first = hits(injector, 50)
    injector.clear()
    assert hits(injector) == []
    injector.add([Fault(FaultKind.STATUS, probability=0.5)])
    assert hits(injector, 50) == first


def test_state_counts():
    injector = Injector([Fault(FaultKind.STATUS, nth=2)])
    hits(injector, 3)
    (state,) = injector.state()
    assert (state["seen"], state["hits"], state["kind"]) == (3, 1, "status")


def test_json_there_and_back():
    fault = Fault(FaultKind.STATUS, nth=2, status=503, body=BodyKind.HTML, retry_after=1.5, after=True)
    assert from_json(to_json(fault)) == fault
    assert from_json({"kind": "latency", "seconds": 1}) == Fault(FaultKind.LATENCY, seconds=1)


def test_every_fault_of_the_documentation_is_one():
    text = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    shown = [from_json(json.loads(found)) for found in re.findall(r'`(\{"kind"[^`]*\})`', text)]
    assert {fault.kind for fault in shown} == set(FaultKind)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"kind": "earthquake"},
        {"kind": "status", "body": "xml"},
        {"kind": "status", "status": 99},
        {"kind": "status", "status": "500"},
        {"kind": "status", "after": "yes"},
        {"kind": "status", "colour": "red"},
        {"kind": "status", "nth": 0},
        {"kind": "status", "nth": 1.5},
        {"kind": "status", "times": True},
        {"kind": "status", "probability": 2},
        {"kind": "status", "route": "/sms"},
        {"kind": "status", "route": 5},
        {"kind": "latency", "seconds": -1},
        {"kind": "latency", "seconds": float("nan")},
        {"kind": "latency", "seconds": float("inf")},
    ],
)
def test_json_that_is_no_fault(value):
    with pytest.raises(ValueError, match=r"\w+"):
        from_json(value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop-after", Fault(FaultKind.DROP_AFTER)),
        ("drop-after, nth=3", Fault(FaultKind.DROP_AFTER, nth=3)),
        (
            "status,status=502,body=html,after=true",
            Fault(FaultKind.STATUS, status=502, body=BodyKind.HTML, after=True),
        ),
        ("latency,seconds=0.5,jitter=1,route=*", Fault(FaultKind.LATENCY, seconds=0.5, jitter=1, route="*")),
        ("clock-off,seconds=-600", Fault(FaultKind.CLOCK_OFF, seconds=-600, route="GET /auth/time")),
        ('{"kind": "some-invalid", "share": 0.1}', Fault(FaultKind.SOME_INVALID, share=0.1)),
    ],
)
def test_a_fault_in_one_line(text, fault):
    assert from_text(text) == fault
    assert from_json(to_json(fault)) == fault


@pytest.mark.parametrize(
    "text",
    ["", "nothing", "drop-after,nth", "drop-after,nth=x", "status,after=maybe", "{", "latency,seconds=-1",
     "some-invalid,share=2", "rate-limit,limit=0", "latency,what=1"],
)  # fmt: skip
def test_a_line_that_is_no_fault(text):
    with pytest.raises(ValueError):
        from_text(text)


@pytest.mark.parametrize("text", ["", "[[fault]", "fault = 1", "[[fault]]\n", '[[fault]]\nkind = "x"\n'])
def test_a_file_without_faults(tmp_path, text):
    file = tmp_path / "f.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"f\.toml"):
        from_file(file)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="none"):
        from_file(tmp_path / "none")


def test_a_limit_counts_the_last_minute():
    limits = RateLimits()
    assert [limits.wait("a", limit=2, now=now) for now in (0, 10, 20, 59, 60, 65)] == [0, 0, 40, 1, 0, 5]
    assert limits.wait("b", limit=2, now=20) == 0
    assert limits.wait("a", limit=2, now=-100) == 0, "the clock was set back"
