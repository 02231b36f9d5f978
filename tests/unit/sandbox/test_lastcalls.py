"""The last calls as they are noted at the door."""

import asyncio

import pytest

from smscampaign.sandbox.clock import Clock
from smscampaign.sandbox.lastcalls import KEPT, LastCalls


def api(*messages):
    async def answering(scope, receive, send):
        for message in messages:
            await send(message)

    return answering


def knock(calls, path=b"/1.0/sms", query=b""):
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(calls({"method": "GET", "raw_path": path, "query_string": query}, None, send))
    return sent


def start(status=200):
    return {"type": "http.response.start", "status": status, "headers": []}


def body(content):
    return {"type": "http.response.body", "body": content}


def test_a_call_passes_unchanged_and_is_noted():
    messages = [start(201), body(b"[1"), body(b"2]")]
    calls = LastCalls(api(*messages), Clock(real=lambda: 5.0))
    assert knock(calls, query=b"a=%2B1") == messages
    (one,) = calls.newest()
    assert (one.number, one.at, one.method, one.path(), one.status) == (1, 5.0, "GET", "/1.0/sms?a=%2B1", 201)
    assert (one.excerpt(), one.over) == ("[12]", True)


def test_a_call_without_an_answer():
    calls = LastCalls(api(), Clock())
    knock(calls)
    (one,) = calls.newest()
    assert (one.status, one.over, one.excerpt()) == (None, True, "")


def test_a_failure_is_passed_on():
    async def failing(scope, receive, send):
        raise RuntimeError("broken")

    calls = LastCalls(failing, Clock())
    with pytest.raises(RuntimeError):
        knock(calls)
    assert next(calls.newest()).over


def test_long_answers_are_cut_and_old_calls_forgotten():
    calls = LastCalls(api(start(), body(b"x" * 500), body(b"\xc3\xa9" * 500)), Clock())
    for _ in range(KEPT + 3):
        knock(calls, path=b"/" + b"p" * 1000)
    newest = list(calls.newest())
    assert [one.number for one in newest] == list(range(KEPT + 3, 3, -1))
    assert len(newest[0].excerpt()) < 700
    assert newest[0].excerpt().endswith("é…")
    assert len(newest[0].path()) == 300
