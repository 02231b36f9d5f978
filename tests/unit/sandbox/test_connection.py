"""The connection under the HTTP: what leaves at once, and what waits for nobody."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

import pytest

from smscampaign.sandbox import Running, connection, running


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """TCP_NODELAY of every connection that the sandbox accepts, as the system says it."""
    seen: list[int] = []
    made = connection.Protocol.connection_made

    def looked_at(protocol, transport):
        accepted = transport.get_extra_info("socket")
        seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        made(protocol, transport)

    monkeypatch.setattr(connection.Protocol, "connection_made", looked_at)
    return seen


def ask(here: Running) -> int:
    place = urlsplit(here.url)
    one = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    one.request("GET", "/1.0/auth/time")
    status = one.getresponse().status
    one.close()
    return status


def test_an_answer_does_not_wait_for_the_client_to_acknowledge_its_head(delays):
    """Head and body are two packets: without TCP_NODELAY the second waits 40 ms for the client's delayed acknowledgement."""
    with running() as here:
        assert ask(here) == 200
    assert delays
    assert all(delays)
