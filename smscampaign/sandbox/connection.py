"""The HTTP connection itself: what a well-behaved ASGI application cannot do to it, and a fault must.

ASGI has no word for "close without an answer", so the protocol puts its transport into the scope.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

_KEY = "smscampaign.transport"


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol on httptools, with its transport in the scope and JSON for requests that are not HTTP."""

    def on_message_begin(self) -> None:
        """Called by the parser when a request begins."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {_KEY: self.transport}

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed, and close."""
        body = json.dumps({"class": "Client::BadRequest", "message": msg}).encode()
        head = (
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\n"
            b"x-sandbox: smscampaign\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
        )
        self.transport.write(head + body)
        self.transport.close()


async def drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer."""
    _transport(scope).close()
    await _gone(receive)


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection, as a machine does on which nobody listens."""
    transport = _transport(scope)
    with socket.fromfd(
        transport.get_extra_info("socket").fileno(), socket.AF_INET, socket.SOCK_STREAM
    ) as twin:
        # lingering for no time at all turns the close into a reset; the option is the connection's, not the twin's
        twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _gone(receive)


async def hang(scope: Scope, receive: Receive, *, seconds: float) -> None:
    """Say nothing for so many seconds, or, at 0, until the client has gone. Stopping the server ends it without an answer."""
    try:
        if seconds:
            await asyncio.sleep(seconds)
        else:
            await _gone(receive)
    except asyncio.CancelledError:
        _transport(scope).abort()
        raise


async def truncate(scope: Scope, receive: Receive, *, head: bytes, body: bytes) -> None:
    """Send a head that announces the whole body, half of the body, and close."""
    transport = _transport(scope)
    transport.write(head + body[: len(body) // 2])
    transport.close()
    await _gone(receive)


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["extensions"][_KEY]
    return transport


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
