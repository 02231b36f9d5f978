"""No answer leads a call to another place: numbers, texts, keys and signatures go to the endpoint and to nobody else."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import SimpleNamespace

import ovh.client
import pytest

from smscampaign.errors import GatewayProblem
from smscampaign.gateway import OvhCloud
from smscampaign.gateway.clients import Clients
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.exports import exported
from smscampaign.gateway.pace import Pace
from smscampaign.model import Chunk, InDoubt, Purpose, Refused, Terms

# Two numbers that Germany's regulator keeps for films.
MINE = Chunk("tag-1", "Sandbox", "Hello", ("+491713920001", "+491713920002"), Terms(Purpose.TRANSACTIONAL))
STATUSES = range(300, 309)
NOTHING_TAKEN = {301, 307, 308}


def serving(answer):
    """A server whose every verb is `answer(handler)`; what it saw stands in its `seen`."""

    class Place(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.server.seen.append((self.command, self.path, dict(self.headers), body))
            answer(self)

        do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = handle_one

        def log_message(self, *_):
            return

        def say(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    place = ThreadingHTTPServer(("127.0.0.1", 0), Place)
    place.daemon_threads = True
    place.seen = []
    place.url = f"http://127.0.0.1:{place.server_port}"
    Thread(target=place.serve_forever, daemon=True).start()
    return place


@pytest.fixture(scope="module")
def servers():
    """The API, which leads away whatever `away` names, and the place it leads to, which would say yes to everything."""
    job = {"ids": [1, 2], "validReceivers": list(MINE.receivers), "invalidReceivers": []}
    yes = json.dumps(job | {"totalCreditsRemoved": 2.0, "access_token": "t", "token_type": "Bearer"}).encode()
    there = serving(lambda handler: handler.say(200, yes, **{"Content-Type": "application/json"}))
    how = SimpleNamespace(status=307, away="", location=f"{there.url}/1.0/taken", there=there)

    def answer(handler):
        if how.away in f"{handler.command} {handler.path}":
            handler.say(how.status, b"", **({"Location": how.location} if how.location else {}))
        else:
            handler.say(200, b'{"ovhSubsidiary": "FR"}' if handler.path == "/1.0/me" else b"1772442000")

    how.here = serving(answer)
    yield how
    how.here.shutdown()
    there.shutdown()
    assert there.seen == []
    how.here.server_close()
    there.server_close()


@pytest.fixture
def leading(servers):
    def lead(away, status, location=None):
        servers.away, servers.status = away, status
        servers.location = f"{servers.there.url}/1.0/taken" if location is None else location
        return OvhCloud("sms-1", Clients(Keys(f"{servers.here.url}/1.0", "a", "s", "c")), pace=Pace(0))

    servers.here.seen.clear()
    yield lead
    assert servers.there.seen == []


@pytest.mark.parametrize("status", STATUSES)
def test_a_post_that_is_led_away_stops(leading, servers, status):
    outcome = leading("POST", status).transport.submit(MINE)
    assert isinstance(outcome, Refused if status in NOTHING_TAKEN else InDoubt)
    assert outcome.stops
    assert f"({status})" in outcome.detail
    assert [verb for verb, *_ in servers.here.seen] == ["GET", "POST"]


@pytest.mark.parametrize("location", ["", "http://[", "http://", "//x", "\x7f"])
def test_wherever_it_leads(leading, location):
    assert leading("POST", 308, location).transport.submit(MINE) == leading("POST", 308).transport.submit(
        MINE
    )


@pytest.mark.parametrize("status", STATUSES)
def test_a_look_at_the_clock_that_is_led_away_sends_nothing_and_stops(leading, servers, status):
    outcome = leading("/auth/time", status).transport.submit(MINE)
    assert isinstance(outcome, Refused)
    assert outcome.stops
    assert [path for _, path, *_ in servers.here.seen] == ["/1.0/auth/time"]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "ask",
    [
        lambda gateway: gateway.account(),
        lambda gateway: gateway.rate("FR"),
        lambda gateway: gateway.api.find("/sms/sms-1/jobs/1"),
        lambda gateway: gateway.echo.receipt(1),
        lambda gateway: gateway.echo.waiting(),
        lambda gateway: gateway.transport.recall(1),
    ],
    ids=["account", "rate", "find", "receipts", "waiting", "recall"],
)
def test_every_other_call_says_so(leading, status, ask):
    with pytest.raises(GatewayProblem, match=rf"\({status}\)") as caught:
        ask(leading("/sms/", status))
    assert "OVH_ENDPOINT" in caught.value.remedy


@pytest.mark.parametrize("status", STATUSES)
def test_a_document_that_is_led_away_is_not_read(leading, servers, status):
    answers = ["doc", {"size": 9, "getUrl": f"{servers.here.url}/document"}]
    api = SimpleNamespace(
        clients=leading("/document", status).api.clients, get=lambda *_, **__: answers.pop(0)
    )
    assert exported(api, "/sms/s", "mine", stop=Event()) is None
    assert [path for _, path, *_ in servers.here.seen] == ["/document"]


@pytest.mark.parametrize("status", STATUSES)
def test_a_service_account_hands_its_secret_to_nobody_else(leading, servers, status, monkeypatch):
    leading("/token", status)
    monkeypatch.setitem(ovh.client.ENDPOINTS, "ovh-eu", f"{servers.here.url}/1.0")
    monkeypatch.setitem(ovh.client.OAUTH2_TOKEN_URLS, "ovh-eu", f"{servers.here.url}/token")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OVH_CLIENT_ID", "id")
    monkeypatch.setenv("OVH_CLIENT_SECRET", "secret")
    outcome = OvhCloud("sms-1", Clients(Keys("ovh-eu")), pace=Pace(0)).transport.submit(MINE)
    assert isinstance(outcome, Refused if status in NOTHING_TAKEN else InDoubt)
    assert outcome.stops
    assert [path for _, path, *_ in servers.here.seen] == ["/1.0/auth/time", "/token"]
