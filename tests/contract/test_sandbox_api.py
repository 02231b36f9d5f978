"""The sandbox over real HTTP: the published contract, clients nobody here wrote, faults, and the end of its process."""

from __future__ import annotations

import csv
import hashlib
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import ovh
import ovh.client
import ovh.exceptions
import pytest
import requests

from smscampaign.model import Sender
from smscampaign.sandbox import BodyKind, Credential, Fault, FaultKind, Running, Sandbox, running
from smscampaign.sandbox.routing import ROUTES, UNSIGNED

FRENCH, POLISH = "+33612345678", "+48512345678"
LIMITED = Credential(consumer_key="limited-ck", rules=(("GET", "/sms"), ("POST", "/sms/sms-sb00001-1/jobs")))
SETTINGS = Sandbox(
    credits=Decimal(100_000),
    accounts=2,
    senders=("Sandbox", "My Shop", "A/B", Sender("Waiting", "waitingValidation", "alpha")),
    blacklist=("+33612345600", "+33612345601"),
    credentials=(Credential(), LIMITED),
    receipt_delay=0.0,
)


@pytest.fixture(scope="module")
def here() -> Iterator[Running]:
    with running(settings=SETTINGS) as it:
        yield it


@pytest.fixture(autouse=True)
def calm(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "here" in request.fixturenames:
        request.getfixturevalue("here").clear_faults()


def client(here: Running, **changes: Any) -> ovh.Client:
    ovh.client.ENDPOINTS[here.endpoint] = here.endpoint
    keys = {
        "application_key": here.application_key,
        "application_secret": here.application_secret,
        "consumer_key": here.consumer_key,
        "timeout": 10,
    }
    return ovh.Client(endpoint=here.endpoint, **{**keys, **changes})


def port_of(here: Running) -> int:
    return int(here.url.rsplit(":", 1)[1].strip("/"))


def headers(
    method: str, url: str, body: bytes = b"", *, stamp: int | None = None, consumer: str = "sandbox-ck"
) -> dict[str, str]:
    now = str(stamp if stamp is not None else int(time.time()))
    digest = hashlib.sha1(
        f"sandbox-as+{consumer}+{method}+{url}+".encode() + body + b"+" + now.encode()
    ).hexdigest()
    return {
        "X-Ovh-Application": "sandbox-ak",
        "X-Ovh-Consumer": consumer,
        "X-Ovh-Timestamp": now,
        "X-Ovh-Signature": f"$1${digest}",
    }


def raw(
    here: Running, method: str, target: str, body: bytes = b"", *, signed: str | None = None, **how: Any
) -> Any:
    """A call by http.client: status, headers and decoded JSON. `signed` is the URL that is signed."""
    url = signed if signed is not None else here.url.rstrip("/") + target
    connection = http.client.HTTPConnection("127.0.0.1", port_of(here), timeout=10)
    connection.request(method, target, body or None, headers(method, url, body, **how))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["X-Sandbox"] == "smscampaign"
    assert answer.headers["X-Ovh-QueryID"]
    assert answer.headers["Content-Type"].startswith("application/json")
    return answer.status, json.loads(content)


# --- Keys ---------------------------------------------------------------------------------------------------------


def test_ids_are_integers(here: Running) -> None:
    sent = client(here).post(
        f"/sms/{here.account}/jobs", receivers=[FRENCH], message="Hi", sender="Sandbox", tag="int"
    )
    ids = sent["ids"] + client(here).get(f"/sms/{here.account}/outgoing", tag="int")
    assert {type(i) for i in ids} == {int}


def test_the_routes_that_need_no_key(here: Running) -> None:
    for target in ("/1.0/auth/time", "/1.0/sms/rates/destinations?country=fr"):
        assert requests.get(here.url.rstrip("/") + target, timeout=10).status_code == 200
    moment = requests.get(here.endpoint + "/auth/time", timeout=10)
    assert re.fullmatch(r"\d+", moment.text)
    assert abs(int(moment.text) - time.time()) < 60


def test_every_other_route_needs_one(here: Running) -> None:
    for key in set(ROUTES) - UNSIGNED:
        method, _, path = key.partition(" ")
        answer = requests.request(method, here.endpoint + path.replace("{", "").replace("}", ""), timeout=10)
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "INVALID_KEY"), key


@pytest.mark.parametrize(
    "target", ["/1.0/telephony", "/1.0/sms/{}/nothing", "/1.0/sms/{}/jobs/1/2", "/1.0/me/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_what_is_outside_is_404_in_json(here: Running, method: str, target: str) -> None:
    status, body = raw(here, method, target.format(here.account))
    assert (status, body["class"]) == (404, "Client::NotFound")
    assert body["message"]


# --- The `ovh` package ---------------------------------------------------------------------------------------------


def test_the_ovh_package_sees_accounts_with_and_without_the_slash(here: Running) -> None:
    api = client(here)
    assert api.get("/sms") == api.get("/sms/") == ["sms-sb00001-1", "sms-sb00001-2"]
    assert api.get("/me")["nichandle"]
    assert api.get("/auth/currentCredential")["status"] == "validated"
    assert abs(api.time_delta) < 60


def test_senders_are_decoded_from_the_path(here: Running) -> None:
    api = client(here)
    assert api.get(f"/sms/{here.account}/senders/A%2FB")["sender"] == "A/B"
    assert api.get(f"/sms/{here.account}/senders/Waiting")["status"] == "waitingValidation"


@pytest.mark.parametrize(
    ("changes", "path", "error"),
    [
        ({"application_key": "x"}, "/sms", ovh.exceptions.InvalidKey),
        ({"consumer_key": "x"}, "/sms", ovh.exceptions.NotCredential),
        ({"application_secret": "x"}, "/sms", ovh.exceptions.BadParametersError),
        ({"consumer_key": "limited-ck"}, "/me", ovh.exceptions.NotGrantedCall),
        ({"consumer_key": "limited-ck"}, "/sms/sms-sb00001-1", ovh.exceptions.NotGrantedCall),
        ({}, "/sms/sms-ab12345-9", ovh.exceptions.ResourceNotFoundError),
        ({}, "/sms/sms-sb00001-1/senders/Nobody", ovh.exceptions.ResourceNotFoundError),
        ({}, "/sms/sms-sb00001-1/nothing", ovh.exceptions.ResourceNotFoundError),
    ],
)
def test_refusals_reach_the_ovh_package_as_its_own_errors(
    here: Running, changes: Any, path: str, error: type
) -> None:
    with pytest.raises(error) as caught:
        client(here, **changes).get(path)
    assert "OVH-Query-ID" in str(caught.value)


def test_rights_restricted_to_one_account(here: Running) -> None:
    api = client(here, consumer_key="limited-ck")
    job = {"message": "Hello", "receivers": [FRENCH], "sender": "Sandbox"}
    assert api.post("/sms/sms-sb00001-1/jobs", **job)["ids"]
    with pytest.raises(ovh.exceptions.NotGrantedCall):
        api.post("/sms/sms-sb00001-2/jobs", **job)


def test_a_clock_that_is_off(here: Running) -> None:
    status, body = raw(here, "GET", "/1.0/sms", stamp=int(time.time()) - 4000)
    assert (status, body["message"], body["httpCode"]) == (400, "Query out of time", "400 Bad Request")


# --- Raw requests --------------------------------------------------------------------------------------------------


def test_a_url_signed_without_the_port(here: Running) -> None:
    assert raw(here, "GET", "/1.0/sms", signed="https://127.0.0.1/1.0/sms")[0] == 200
    assert raw(here, "GET", "/1.0/sms", signed="http://elsewhere/1.0/sms")[0] == 400


def test_the_raw_target_is_what_counts(here: Running) -> None:
    target = f"/1.0/sms/{here.account}/outgoing?tag=caf%C3%A9+1"
    assert raw(here, "GET", target) == (200, [])
    assert raw(here, "GET", target, signed=here.url.rstrip("/") + target.replace("+", "%20"))[0] == 400


def test_bodies_as_other_clients_write_them(here: Running) -> None:
    body = (
        b'{"message":"\\u00e9t\\u00e9 \\/ \\ud83d\\ude00 \xc3\xa9","receivers":["+33612345678"],"sender":"My Shop",'
        b'"noStopClause":true,"tag":"php","class":null,"differedPeriod":null,"receiversSlotId":null}'
    )
    status, answer = raw(here, "POST", f"/1.0/sms/{here.account}/jobs", body)
    assert status == 200
    assert answer["totalCreditsRemoved"] == 1
    (row,) = [row for row in here.accepted() if row["tag"] == "php"]
    assert row["message"] == "été / 😀 é"


def test_void_answers_are_null(here: Running) -> None:
    assert raw(here, "DELETE", f"/1.0/sms/{here.account}/blacklists/%2B33612345601") == (200, None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Missing parameter(s): message"),
        (b"null", "Missing parameter(s): message"),
        (b"[]", "The body must be a JSON object"),
        (b"{", "Invalid JSON received"),
        (
            b'{"message":"m","receivers":["+33612345678"],"sender":"Sandbox","stopClause":true}',
            "Received not described",
        ),
        (
            b'{"message":"m","receivers":["+33612345678"],"sender":"Nobody"}',
            "Sms sender Nobody does not exists.",
        ),
    ],
)
def test_bodies_that_are_refused(here: Running, body: bytes, message: str) -> None:
    status, answer = raw(here, "POST", f"/1.0/sms/{here.account}/jobs", body)
    assert status == 400
    assert answer["class"] == "Client::BadRequest"
    assert answer["message"].startswith(message)


def talk(here: Running, *pieces: bytes, pause: float = 0.0, first: bytes = b"", whole: str = "") -> bytes:
    """Send bytes, no further piece before `first` has come back; read until the other side closes or `whole` is there."""
    received = b""
    with socket.create_connection(("127.0.0.1", port_of(here)), timeout=30) as sock:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause)
            while first not in received:
                received += sock.recv(65536)
        while not (whole and re.search(whole.encode(), received, re.DOTALL)) and (chunk := sock.recv(65536)):
            received += chunk
    return received


def request(here: Running, method: str, target: str, body: bytes = b"", *more: str) -> bytes:
    signed = headers(method, here.url.rstrip("/") + target, body)
    lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{port_of(here)}", *more]
    lines += [f"{name}: {value}" for name, value in signed.items()]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode()


JOB = '{"message":"Zażółć","receivers":["+33612345678"],"sender":"Sandbox","tag":"raw"}'.encode()


def test_a_client_without_a_user_agent_that_waits_for_100_continue(here: Running) -> None:
    target = f"/1.0/sms/{here.account}/jobs"
    head = request(here, "POST", target, JOB, "Expect: 100-continue", "Connection: close")
    answer = talk(here, head, JOB, first=b"HTTP/1.1 100 Continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert b"connection: close" in answer


def test_a_body_in_pieces_and_two_requests_on_one_connection(here: Running) -> None:
    target = f"/1.0/sms/{here.account}/jobs"
    head = request(here, "POST", target, JOB)
    answer = talk(
        here, head, JOB[:20], JOB[20:], head + JOB, pause=0.05, whole=r"\r\n\r\n\{.*\r\n\r\n\{.*\}$"
    )
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"connection: close" not in answer.lower()


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01 hello\r\n\r\n", b"GET\r\n\r\n", b"GET /1.0/sms\xff HTTP/9.9\r\n\r\n"]
)
def test_what_is_not_http_gets_json(here: Running, nonsense: bytes) -> None:
    answer = talk(here, nonsense)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["class"] == "Client::BadRequest"


def test_a_body_that_is_too_large_is_413(here: Running) -> None:
    with running(settings=Sandbox(max_body=1000)) as small:
        status, answer = raw(small, "POST", f"/1.0/sms/{small.account}/jobs", b" " * 1001)
    assert (status, answer["class"]) == (413, "Client::PayloadTooLarge")


def test_a_mistake_of_the_sandbox_itself_is_still_json(
    here: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(type(here.world.store), "senders", broken)
    status, answer = raw(here, "GET", f"/1.0/sms/{here.account}/senders")
    assert (status, answer["class"]) == (500, "Server::InternalServerError")
    assert "broken" in caplog.text


# --- Faults --------------------------------------------------------------------------------------------------------


def send(here: Running, tag: str, **changes: Any) -> requests.Response:
    job = {"message": "Hello", "receivers": [FRENCH], "sender": "Sandbox", "tag": tag}
    return client(here, **changes).raw_call("POST", f"/sms/{here.account}/jobs", job)


def taken(here: Running, tag: str) -> int:
    return sum(row["tag"] == tag for row in here.accepted())


@pytest.mark.parametrize(("kind", "accepted"), [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1)])
def test_a_dropped_connection(here: Running, kind: FaultKind, accepted: int) -> None:
    here.add_faults(Fault(kind, nth=1))
    with pytest.raises(requests.ConnectionError):
        send(here, f"{kind}")
    assert taken(here, f"{kind}") == accepted
    assert len(client(here).get(f"/sms/{here.account}/outgoing", tag=f"{kind}")) == accepted
    assert send(here, "next").status_code == 200


def test_hanging_after_acceptance(here: Running) -> None:
    here.add_faults(Fault(FaultKind.HANG_AFTER, nth=1), Fault(FaultKind.HANG_AFTER, nth=2, seconds=0.3))
    job = {"message": "Hello", "receivers": [FRENCH], "sender": "Sandbox", "tag": "hang"}
    api = client(here)
    assert api.time_delta is not None  # signing in has all the time it wants
    api._timeout = (10, 1)
    with pytest.raises(requests.Timeout):
        api.raw_call("POST", f"/sms/{here.account}/jobs", job)
    assert taken(here, "hang") == 1
    started = time.monotonic()
    assert send(here, "slow").status_code == 200
    assert time.monotonic() - started >= 0.3


def test_latency_delays_only_what_it_is_for(here: Running) -> None:
    here.add_faults(Fault(FaultKind.LATENCY, seconds=0.3, route="GET /sms"))
    api = client(here)

    def lasts(path: str) -> float:
        started = time.monotonic()
        api.get(path)
        return time.monotonic() - started

    # Any single call may be slow on a busy machine; what is delayed by the sandbox is never quick.
    assert any(lasts("/me") < 0.3 for _ in range(20))
    assert all(lasts("/sms") >= 0.3 for _ in range(2))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("body", "content"),
    [
        (
            BodyKind.JSON,
            {"class": "Server::InternalServerError", "message": "Sandbox fault 503 Service Unavailable"},
        ),
        (BodyKind.HTML, b"<html>"),
        (BodyKind.EMPTY, b""),
        (BodyKind.NULL, None),
        (BodyKind.LIST, ["Sandbox fault 503 Service Unavailable"]),
    ],
)
def test_a_status_with_any_body(here: Running, body: BodyKind, content: object, after: bool) -> None:
    here.add_faults(Fault(FaultKind.STATUS, status=503, body=body, after=after))
    tag = f"{body}-{after}"
    answer = send(here, tag)
    assert answer.status_code == 503
    assert answer.headers["X-Sandbox"] == "smscampaign"
    if isinstance(content, bytes):
        assert answer.content.startswith(content)
        assert bool(answer.content) is bool(content)
    else:
        assert answer.json() == content
    assert taken(here, tag) == after


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_that_is_cut_off(here: Running, status: int) -> None:
    here.add_faults(Fault(FaultKind.STATUS, status=status, body=BodyKind.TRUNCATED, after=True))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        send(here, f"cut-{status}")
    assert taken(here, f"cut-{status}") == 1


@pytest.mark.parametrize("wait", [None, 2.0, 0.5])
def test_too_many_requests(here: Running, wait: float | None) -> None:
    here.add_faults(Fault(FaultKind.STATUS, status=429, retry_after=wait, times=1))
    answer = send(here, f"429-{wait}")
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == (None if wait is None else f"{wait:g}")
    assert taken(here, f"429-{wait}") == 0
    assert send(here, f"429-{wait}").status_code == 200


def test_a_lagging_history_and_only_invalid_receivers(here: Running) -> None:
    here.add_faults(Fault(FaultKind.HIDE_HISTORY, seconds=3600, nth=1), Fault(FaultKind.ONLY_INVALID, nth=2))
    assert send(here, "lag").json()["validReceivers"] == [FRENCH]
    assert client(here).get(f"/sms/{here.account}/outgoing", tag="lag") == []
    assert send(here, "invalid").json()["invalidReceivers"] == [FRENCH]
    assert (taken(here, "lag"), taken(here, "invalid")) == (1, 0)


# --- Its process and its memory ------------------------------------------------------------------------------------


def spawn(database: Path) -> tuple[subprocess.Popen[str], str]:
    command = [
        sys.executable,
        "-m",
        "smscampaign.sandbox",
        "--keys",
        "sandbox-ak",
        "sandbox-as",
        "sandbox-ck",
        "--port",
        "0",
        "--database",
        str(database),
        "--credits",
        "100000",
        "--no-hold",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, dict(pair.split("=", 1) for pair in line.split()[1:5])["OVH_ENDPOINT"]


def connect(endpoint: str) -> ovh.Client:
    ovh.client.ENDPOINTS[endpoint] = endpoint
    keys = {"application_key": "sandbox-ak", "application_secret": "sandbox-as", "consumer_key": "sandbox-ck"}
    return ovh.Client(endpoint=endpoint, timeout=10, **keys)


def record(endpoint: str) -> list[dict[str, str]]:
    text = requests.get(endpoint.removesuffix("/1.0") + "/_sandbox/accepted.csv", timeout=10).content.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.crash
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_killed_and_started_again_it_knows_everything_it_answered(tmp_path: Path) -> None:
    database, answered, account = tmp_path / "sandbox.sqlite", set(), "sms-sb00001-1"
    for life in range(3):
        process, endpoint = spawn(database)
        api = connect(endpoint)
        assert {row["tag"] for row in record(endpoint)} >= answered
        for n in range(15):
            tag = f"{life}-{n}"
            receivers = [f"+336{10_000_000 + i}" for i in range(1 + n * 10)]
            assert len(
                api.post(f"/sms/{account}/jobs", message=tag, receivers=receivers, sender="Sandbox", tag=tag)[
                    "ids"
                ]
            )
            answered.add(tag)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=20)
    process, endpoint = spawn(database)
    rows = record(endpoint)
    each = sum(1 + n * 10 for n in range(15))
    assert len(rows) == 3 * each
    assert {row["tag"] for row in rows} == answered
    api = connect(endpoint)
    assert api.get(f"/sms/{account}")["creditsLeft"] == 100_000 - 3 * each
    assert len(set(api.get(f"/sms/{account}/outgoing"))) == 3 * each
    assert len(api.get(f"/sms/{account}/outgoing", tag="1-14")) == 141
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_five_hundred_receivers_a_call(here: Running) -> None:
    api, before = client(here), client(here).get(f"/sms/{here.account}")["creditsLeft"]
    for n in range(20):
        receivers = [f"+336{10_000_000 + n * 500 + i}" for i in range(500)]
        answer = api.post(
            f"/sms/{here.account}/jobs", message="Hi", receivers=receivers, sender="Sandbox", tag=f"bulk-{n}"
        )
        assert answer["validReceivers"] == receivers
    assert answer["creditsLeft"] == pytest.approx(before - 10_000)
    assert sum(row["tag"].startswith("bulk-") for row in here.accepted()) == 10_000


def test_a_large_history_is_handed_out_in_pieces(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    api, account = client(here), f"/sms/{here.account}"
    for n in range(3):
        api.post(
            f"{account}/jobs", message="Hi", receivers=[FRENCH, POLISH], sender="Sandbox", tag=f"long-{n}"
        )
    api.post(f"{account}/jobs", message="Hi", receivers=[FRENCH], sender="Sandbox", differedPeriod=5)
    paths = [
        f"{account}/outgoing",
        f"{account}/outgoing?tag=long-1",
        f"{account}/outgoing?tag=none",
        f"{account}/jobs",
    ]
    whole = [api.get(path) for path in paths]
    monkeypatch.setattr("smscampaign.sandbox.history.AT_ONCE", 0)
    pieces = [api.raw_call("GET", path) for path in paths]
    assert [answer.json() for answer in pieces] == whole
    assert all("Content-Length" not in answer.headers for answer in pieces)
    here.add_faults(Fault(FaultKind.LATENCY, route="*"))
    assert api.get(paths[0]) == whole[0]
