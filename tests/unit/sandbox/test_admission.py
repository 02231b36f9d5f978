"""Who is let in: the name a request was sent to, and the keys where other machines reach the sandbox. Over real HTTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import ovh
import ovh.client
import pytest
import requests

from smscampaign.sandbox import Running, Sandbox, running
from smscampaign.sandbox.admission import Address, opens
from smscampaign.sandbox.server import _prepared, _server
from smscampaign.sandbox.settings import Credential

NAMES = [
    ("localhost:8080", True),
    ("LOCALHOST", True),
    ("127.0.0.1", True),
    ("[::1]:8080", True),
    ("192.0.2.7:80", True),
    (socket.gethostname(), True),
    ("evil.example:8080", False),
    ("127.0.0.1.evil.example", False),
    ("localhost.evil.example", False),
    ("evil.example:127.0.0.1", False),
    ("127.0.0.1:80@evil.example", False),
    ("[::1", False),
    ("a b", False),
]


@contextmanager
def listening(host: str) -> Iterator[Running]:
    """A sandbox in a thread, as `running()` has it, on any address."""
    with _prepared(Sandbox(), host=host, port=0, database=":memory:") as (here, sock):
        started = threading.Event()
        server = _server(here.world, host, sock=sock, on_start=started.set, tls=None)
        thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
        thread.start()
        try:
            assert started.wait(30)
            yield here
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.fixture(scope="module")
def here() -> Iterator[Running]:
    with running() as it:
        yield it


@pytest.fixture(scope="module")
def reached() -> Iterator[Running]:
    with listening("0.0.0.0") as it:
        yield it


def ask(here: Running, path: str, *headers: str) -> tuple[int, str]:
    """Status and answer of a GET whose headers are exactly these."""
    with socket.create_connection(("127.0.0.1", urlsplit(here.url).port or 0), timeout=20) as sock:
        lines = [f"GET {path} HTTP/1.1", *headers, "Connection: close", "", ""]
        sock.sendall("\r\n".join(lines).encode("latin-1"))
        answer = b"".join(iter(lambda: sock.recv(65536), b"")).decode()
    return int(answer.split()[1]), answer


def send_one(here: Running, endpoint: str) -> None:
    """As somebody's own program does it, with the `ovh` package and a URL as its endpoint."""
    ovh.client.ENDPOINTS[endpoint] = endpoint
    keys = {
        "application_key": here.application_key,
        "application_secret": here.application_secret,
        "consumer_key": here.consumer_key,
    }
    job = {"message": "Hello", "receivers": ["+33612345678"], "sender": "Sandbox"}
    done = ovh.Client(endpoint=endpoint, timeout=20, **keys).post(f"/sms/{here.account}/jobs", **job)
    assert done["validReceivers"] == ["+33612345678"]


@pytest.mark.parametrize("path", ["/1.0/auth/time", "/1.0/sms", "/1.0/none", "/_sandbox/accepted.csv", "/"])
@pytest.mark.parametrize(("host", "own"), NAMES)
def test_what_is_sent_to_a_name_of_somebody_else_is_turned_away(here, host, own, path):
    status, answer = ask(here, path, f"Host: {host}")
    assert ("This sandbox goes by" in answer) is (not own)
    assert status != 403 or not own or path == "/1.0/sms"  # which then asks for a signature
    assert "x-sandbox: smscampaign" in answer
    if not own:
        assert json.loads(answer.split("\r\n\r\n")[1])["class"] == "Client::Forbidden"


def test_a_name_of_somebody_else_reaches_no_call_and_no_fault(here):
    before = here.world.store.messages
    stamp = "X-Ovh-Application: sandbox-ak\r\nX-Ovh-Consumer: sandbox-ck"
    assert ask(here, f"/1.0/sms/{here.account}/jobs", "Host: evil.example", stamp)[0] == 403
    assert here.world.store.messages == before


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_clients_go_on_working_by_the_names_of_this_machine(here, name):
    send_one(here, f"http://{name}:{urlsplit(here.url).port}/1.0")


def test_clients_go_on_working_by_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening("::1") as it:
        assert "[::1]" in it.endpoint
        send_one(it, it.endpoint)
        assert len(list(it.accepted())) == 1


def test_clients_go_on_working_by_the_name_given_on_the_command_line():
    with listening("127.1") as it:  # a name to us and to HTTP, and every machine knows where it leads
        assert ask(it, "/1.0/auth/time", "Host: 127.1:8080")[0] == 200
        assert ask(it, "/1.0/auth/time", "Host: 127.2:8080")[0] == 403
        assert ask(it, "/_sandbox/accepted.csv", "Host: 127.1:8080")[0] == 200
    shop = Address("Shop.example", reached=True)
    assert shop.goes_by("shop.example:8080")
    assert not shop.goes_by("www.shop.example:8080")


SHOWN = [
    "/",
    *(f"/_sandbox/{name}" for name in ("accepted.csv", "accepted.json", "inbox", "state", "credentials")),
]


@pytest.mark.parametrize("path", SHOWN)
def test_beyond_loopback_what_shows_something_asks_for_the_keys(reached, path):
    status, answer = ask(reached, path, "Host: 127.0.0.1")
    assert (status, "www-authenticate: Basic" in answer) == (401, True)
    assert "application key as user name" in answer
    for pair in [("sandbox-ak", "wrong"), ("wrong", "sandbox-as"), ("", ""), ("sandbox-ck", "sandbox-as")]:
        assert requests.get(reached.url.rstrip("/") + path, auth=pair, timeout=20).status_code == 401
    keys = (reached.application_key, reached.application_secret)
    assert requests.get(reached.url.rstrip("/") + path, auth=keys, timeout=20).status_code == 200


@pytest.mark.parametrize("path", SHOWN)
def test_on_loopback_no_keys_are_asked_for(here, path):
    assert ask(here, path, "Host: 127.0.0.1")[0] == 200


def test_beyond_loopback_the_api_and_the_own_record_work_as_ever(reached):
    send_one(reached, reached.endpoint)
    assert [row["receiver"] for row in reached.accepted()] == ["+33612345678"]
    assert ask(reached, "/1.0/auth/time", "Host: 127.0.0.1")[0] == 200
    assert ask(reached, "/_sandbox/validate?token=x", "Host: 127.0.0.1")[0] == 404
    assert ask(reached, "/_sandbox/static/inbox.css", "Host: 127.0.0.1")[0] == 200


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic ?", "Basic é", "Bearer c2FuZGJveC1hazpzYW5kYm94LWFz", "Basic  "]
)
def test_headers_that_open_nothing(header):
    assert not opens(header, [Credential()])


def test_the_header_that_opens():
    assert opens("basic c2FuZGJveC1hazpzYW5kYm94LWFz", [Credential("x", "y", "z"), Credential()])
