"""Call-backs go to this machine only, once for each final receipt and each STOP."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from smscampaign.sandbox.callbacks import Callbacks, loopback
from smscampaign.sandbox.replies import reply

PUT = "PUT /sms/{serviceName}"
A = "+33612345678"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:80/x", "127.0.0.1"),
        ("http://localhost/x", "127.0.0.1"),
        ("http://127.9.9.9/", "127.9.9.9"),
        ("http://[::1]:5/x", "::1"),
        ("https://127.0.0.1/", None),
        ("http://192.0.2.1/", None),
        ("http://shop.example/", None),
        ("http://127.0.0.1.shop.example/", None),
        ("http://user@192.0.2.1/#127.0.0.1", None),
        ("http://127.0.0.1:99999/", None),
        ("http://[::1/", None),
        ("", None),
        ("file:///etc/passwd", None),
    ],
)
def test_where_a_call_may_go(url, host):
    try:
        parts = urlsplit(url)
    except ValueError:
        assert host is None
        return
    assert loopback(parts) == host


async def listened(act, *, status: bytes = b"200", head: bytes = b""):
    """What is asked of a server on this machine while `act(base)` runs."""
    heard: list[str] = []

    async def answer(reader, writer):
        heard.append((await reader.readline()).decode().split()[1])
        writer.write(b"HTTP/1.1 " + status + b" OK\r\n" + head + b"content-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        await act(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    return [{k: v[0] for k, v in parse_qs(urlsplit(target).query).items()} for target in heard]


def test_final_receipts_are_told_once(make):
    bench = make(receipt_delay=10)
    calls = Callbacks(bench.world)

    async def act(base):
        bench.post()
        bench.wait(100)
        bench.call(PUT, {"callBack": f"{base}/dlr?shop=1"})
        ids.extend(bench.post([A, "+33612345679"])["ids"])
        await calls.turn()
        bench.wait(20)
        await calls.turn()
        await calls.turn()
        await Callbacks(bench.world).turn()  # another life of the sandbox

    ids: list[int] = []
    heard = asyncio.run(listened(act))
    assert sorted(int(h["id"]) for h in heard) == ids
    assert heard[0] == {
        "shop": "1",
        "id": heard[0]["id"],
        "ptt": "4",
        "date": heard[0]["date"],
        "description": "1",
        "descriptionDlr": "The message reached the phone",
    }
    assert [status for _, status in calls.made] == [200, 200]


def test_a_stop_is_told(bench):
    calls = Callbacks(bench.world)

    async def act(base):
        bench.call(PUT, {"stopCallBack": f"{base}/stop"})
        bench.post()
        reply(bench.world, "STOP", receiver=A)
        await calls.turn()

    (heard,) = asyncio.run(listened(act))
    assert (heard["number"], heard["date"]) == (A, "2026-03-06T12:00:00+01:00")


def test_a_call_back_that_is_led_away_ends_where_it_was_sent(bench):
    calls = Callbacks(bench.world)

    async def there(base):
        async def here(near):
            bench.call(PUT, {"stopCallBack": f"{near}/stop"})
            bench.post()
            reply(bench.world, "STOP", receiver=A)
            await calls.turn()

        leads = b"location: " + base.encode() + b"\r\n"
        assert len(await listened(here, status=b"307", head=leads)) == 1

    assert asyncio.run(listened(there)) == []
    assert [status for _, status in calls.made] == [307]


def test_elsewhere_is_never_called(bench):
    bench.call(PUT, {"callBack": "http://192.0.2.1/x", "stopCallBack": "http://shop.example/"})
    bench.post()
    reply(bench.world, "STOP", receiver=A)
    bench.wait(60)
    calls = Callbacks(bench.world)
    asyncio.run(calls.turn())
    assert sorted(calls.made) == [("http://192.0.2.1/x", None), ("http://shop.example/", None)]


def test_nobody_there_is_no_harm(bench):
    bench.call(PUT, {"callBack": "http://127.0.0.1:1/x"})
    bench.post()
    bench.wait(60)
    calls = Callbacks(bench.world)
    asyncio.run(calls.turn())
    assert list(calls.made) == [("http://127.0.0.1:1/x", None)]
