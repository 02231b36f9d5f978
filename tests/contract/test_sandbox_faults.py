"""Faults over real HTTP: the service's own, rate limits, outages, and the three ways of setting them."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ovh
import ovh.client
import ovh.exceptions
import pytest
import requests

from smscampaign.sandbox import Credential, Fault, FaultKind, Running, Sandbox, running

FRENCH = [f"+336123456{n:02d}" for n in range(100)]
OTHER = Credential(consumer_key="other-ck")


def client(here: Running, **changes: Any) -> ovh.Client:
    ovh.client.ENDPOINTS[here.endpoint] = here.endpoint
    keys = (here.application_key, here.application_secret, changes.get("consumer_key", here.consumer_key))
    names = ("application_key", "application_secret", "consumer_key")
    return ovh.Client(endpoint=here.endpoint, timeout=10, **dict(zip(names, keys, strict=True)))


def send(here: Running, **changes: Any) -> Any:
    job = {"message": "Hello", "receivers": FRENCH[:4], "sender": "Sandbox", "noStopClause": True, **changes}
    return client(here).post(f"/sms/{here.account}/jobs", **job)


def test_some_receivers_are_invalid_and_the_same_ones_again() -> None:
    answers = []
    for _ in range(2):
        with running(faults=[Fault(FaultKind.SOME_INVALID, share=0.3)]) as here:
            answers.append(send(here, receivers=FRENCH))
            assert len(list(here.accepted())) == len(answers[-1]["validReceivers"])
    assert answers[0] == answers[1]
    assert 10 < len(answers[0]["invalidReceivers"]) < 50
    assert sorted(answers[0]["invalidReceivers"] + answers[0]["validReceivers"]) == FRENCH


def test_ids_stop_being_in_the_order_of_the_receivers() -> None:
    def owners(here: Running, answer: Any) -> list[str]:
        api = client(here)
        return [api.get(f"/sms/{here.account}/outgoing/{i}")["receiver"] for i in answer["ids"]]

    with running(settings=Sandbox(aligned_ids=True)) as here:
        first = send(here)
        assert owners(here, first) == first["validReceivers"]
        here.add_faults(Fault(FaultKind.UNALIGNED_IDS))
        second = send(here)
        assert owners(here, second) != second["validReceivers"]
        assert sorted(owners(here, second)) == sorted(second["validReceivers"])


def test_credits_run_out() -> None:
    with running(faults=[Fault(FaultKind.NO_CREDITS, nth=2)]) as here:
        assert send(here)["creditsLeft"] == 9996
        for _ in range(2):
            with pytest.raises(ovh.exceptions.APIError, match="Not enough credits"):
                send(here)
        assert client(here).get(f"/sms/{here.account}")["creditsLeft"] == 0
        assert len(list(here.accepted())) == 4


def test_a_sender_becomes_refused() -> None:
    with running(faults=[Fault(FaultKind.SENDER_REFUSED, nth=2)]) as here:
        send(here)
        for _ in range(2):
            with pytest.raises(ovh.exceptions.BadParametersError, match="Sms sender Sandbox does not exists"):
                send(here)
        assert client(here).get(f"/sms/{here.account}/senders/Sandbox")["status"] == "refused"


def test_totals_are_wrong_and_the_account_is_right() -> None:
    with running(faults=[Fault(FaultKind.WRONG_TOTALS)]) as here:
        answer = send(here)
        assert (answer["totalCreditsRemoved"], answer["creditsLeft"]) == (5, 9996)
        assert client(here).get(f"/sms/{here.account}")["creditsLeft"] == 9996


@pytest.mark.parametrize("seconds", [4000.0, -4000.0])
def test_a_clock_that_is_off(seconds: float) -> None:
    with running(faults=[Fault(FaultKind.CLOCK_OFF, seconds=seconds)]) as here:
        assert abs(client(here).time_delta - seconds) < 60
        with pytest.raises(ovh.exceptions.BadParametersError, match="Query out of time"):
            client(here).get("/sms")


def test_a_rate_limit_of_each_key_follows_the_clock() -> None:
    settings = Sandbox(credentials=(Credential(), OTHER))
    with running(settings=settings, faults=[Fault(FaultKind.RATE_LIMIT, route="*", limit=3)]) as here:
        api, other = client(here), client(here, consumer_key="other-ck")
        for one in (api, other):
            assert one.time_delta is not None  # that call counts for nobody's key
            assert [one.raw_call("GET", "/sms").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
        late = api.raw_call("GET", "/sms")
        assert 0 < int(late.headers["Retry-After"]) <= 60
        assert late.json()["class"] == "Client::TooManyRequests"
        here.world.clock.step(61)
        assert api.raw_call("GET", "/sms").status_code == 200


def port_of(here: Running) -> int:
    return int(here.url.rsplit(":", 1)[1].strip("/"))


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except ConnectionRefusedError:
        return False
    return True


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def test_an_outage_refuses_connections_and_ends() -> None:
    # Long enough that whoever looks from time to time does not miss it.
    with running(faults=[Fault(FaultKind.REFUSE, nth=1, seconds=4)]) as here:
        api = client(here)
        assert api.time_delta is not None
        with pytest.raises(requests.ConnectionError):
            api.raw_call("POST", f"/sms/{here.account}/jobs", {"message": "x"})
        until(lambda: not reachable(port_of(here)))
        until(lambda: reachable(port_of(here)))
        assert send(here)["ids"]
        assert len(list(here.accepted())) == 4


def test_a_connection_that_is_reset() -> None:
    with running(faults=[Fault(FaultKind.REFUSE, nth=1, route="*")]) as here:
        sock = socket.create_connection(("127.0.0.1", port_of(here)), timeout=30)
        sock.sendall(b"GET /1.0/auth/time HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            sock.recv(100)
        sock.close()
        assert requests.get(f"{here.endpoint}/auth/time", timeout=30).status_code == 200


def test_by_option_and_by_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(
        '[[fault]]\nkind = "latency"\nseconds = 0.1\nroute = "*"\n[[fault]]\nkind = "only-invalid"\n'
    )
    command = [sys.executable, "-m", "smscampaign.sandbox", "--port", "0", "--faults", str(file)]
    command += [
        "--fault",
        "status,status=429,retry_after=5,nth=2",
        "--fault",
        '{"kind": "drop-after", "nth": 3}',
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().partition("OVH_ENDPOINT=")[2].partition("1.0 ")[0]
        found = requests.get(f"{url}_sandbox/faults", timeout=10).json()
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert [fault["kind"] for fault in found] == ["status", "drop-after", "latency", "only-invalid"]
    assert (found[0]["status"], found[0]["retry_after"], found[0]["nth"]) == (429, 5, 2)


def test_every_fault_in_the_manual_is_one() -> None:
    """Every body of a `POST` that docs/sandbox.md gives is taken, and every kind is in it."""
    text = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    found = [re.findall(r'`(\{"kind".*?\})`', line) for line in text.splitlines() if line.startswith("|")]
    bodies = [body for bodies in found for body in bodies]
    with running() as here:
        for body in bodies:
            answer = requests.post(f"{here.url}_sandbox/faults", data=body, timeout=10)
            assert answer.status_code == 200, body
    assert {json.loads(body)["kind"] for body in bodies} == set(FaultKind)
