"""The API under `/1.0` as an ASGI application: read, check, answer, and misbehave where a fault says so."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

from smscampaign.sandbox import connection
from smscampaign.sandbox.answers import ApiError, phrase, service
from smscampaign.sandbox.auth import Signed, allow, authenticate
from smscampaign.sandbox.contract import check, decode
from smscampaign.sandbox.credentials import known
from smscampaign.sandbox.faults import BodyKind, Effects, Fault, FaultKind
from smscampaign.sandbox.limits import RateLimits
from smscampaign.sandbox.routing import ROUTES, UNSIGNED, Router
from smscampaign.sandbox.world import Ask

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from smscampaign.sandbox.world import World

PREFIX = "/1.0"
_LOG = logging.getLogger("smscampaign.sandbox")
_JSON = b"application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Response:
    """A status, a body and its content type; `retry_after` in seconds becomes a header.

    A list too long to be made whole has `pieces` instead of a body, and goes out in chunks without a length.
    """

    status: int
    body: bytes
    kind: bytes = _JSON
    retry_after: float | None = None
    pieces: Iterator[list[int]] | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of every answer of the API."""
        query = f"EU.sandbox-1.{uuid4()}".encode()
        head = [
            (b"content-type", self.kind),
            (b"x-ovh-queryid", query),
            (b"x-sandbox", b"smscampaign"),
        ]
        if self.pieces is None:
            head.append((b"content-length", b"%d" % len(self.body)))
        return head if self.retry_after is None else [*head, (b"retry-after", b"%g" % self.retry_after)]


def encode(payload: object) -> bytes:
    """A payload as JSON in UTF-8."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


class Application:
    """One ASGI application for all calls of the API."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._router = Router(ROUTES)
        self._limits = RateLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request, path = await _read(scope, receive, limit=self._world.settings.max_body)
        effects = self._world.injector.decide(request.method, unquote(path))
        if refused := effects.hit(FaultKind.REFUSE):
            self._world.outage.begin(refused.seconds)
        if refused or self._world.outage.on:
            await connection.reset(scope, receive)
            return
        if effects.latency:
            await asyncio.sleep(effects.latency)
        if effects.hit(FaultKind.DROP_BEFORE):
            await connection.drop(scope, receive)
            return
        fault = effects.hit(FaultKind.STATUS, after=False)
        answer = self._limited(request, effects) or (
            _faulty(fault, None) if fault else self.answer(request, path, effects)
        )
        await self._reply(scope, receive, send, answer=answer, effects=effects, cut=fault)

    def _limited(self, request: Signed, effects: Effects) -> Response | None:
        """The answer to a key that calls too often."""
        fault = effects.hit(FaultKind.RATE_LIMIT)
        if fault is None:
            return None
        key, now = request.headers.get("x-ovh-consumer", ""), self._world.clock.now()
        wait = self._limits.wait(key, limit=fault.limit, now=now)
        said = {"class": "Client::TooManyRequests", "message": f"More than {fault.limit} calls a minute"}
        return Response(429, encode(said), retry_after=math.ceil(wait)) if wait else None

    def answer(self, request: Signed, path: str, effects: Effects) -> Response:
        """What the API says to a request; a mistake of the sandbox itself is a 500 in JSON, with a traceback in the log."""
        try:
            said = self._carry_out(request, path, effects)
            if not isinstance(said, Iterator):
                return Response(200, encode(said))
            if effects.faults:  # they may want to cut it
                return Response(200, encode([i for ids in said for i in ids]))
            return Response(200, b"", pieces=said)
        except ApiError as refusal:
            return Response(refusal.status, encode(refusal.body))
        except Exception:  # noqa: BLE001 - the API never answers in anything but JSON, not even for our own mistake
            _LOG.exception("the sandbox failed on %s %s", request.method, path)
            return Response(
                500, encode({"class": "Server::InternalServerError", "message": "Internal server error"})
            )

    def _carry_out(self, request: Signed, path: str, effects: Effects) -> object:
        world, match = self._world, self._router.find(request.method, path)
        if len(request.body) > world.settings.max_body:
            raise service(413, "The body is too large")
        if match is None:
            raise service(404, "Got an invalid (or empty) URL")
        credential = None
        if match.key not in UNSIGNED:
            window = world.settings.signature_window
            credential = authenticate(
                request,
                known(world, request.headers),
                now=world.clock.latest(),
                since=world.clock.earliest(),
                window=window,
            )
            allow(credential, request.method, unquote(path))
        account = match.variables.get("serviceName")
        if account is not None and world.store.credits(account) is None:
            raise service(404, "This service does not exist")
        query = request.method in {"GET", "DELETE"}
        given = _query(request.target) if query else decode(request.body)
        params = check(match.key, given, query=query)
        base = f"{request.scheme}://{request.headers.get('host') or '127.0.0.1'}"
        return match.answer(world, Ask(match.variables, params, credential, effects, base, request.headers))

    async def _reply(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        answer: Response,
        effects: Effects,
        cut: Fault | None,
    ) -> None:
        if effects.hit(FaultKind.DROP_AFTER):
            await connection.drop(scope, receive)
            return
        if hang := effects.hit(FaultKind.HANG_AFTER):
            await connection.hang(scope, receive, seconds=hang.seconds)
        if lost := effects.hit(FaultKind.STATUS, after=True):
            answer, cut = _faulty(lost, answer), lost
        if cut is not None and cut.body is BodyKind.TRUNCATED:
            await connection.truncate(scope, receive, head=_head(answer), body=answer.body)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers()})
        if answer.pieces is not None:
            await _hand_out(answer.pieces, send)
        await send({"type": "http.response.body", "body": answer.body})


async def _hand_out(pieces: Iterator[list[int]], send: Send) -> None:
    """A JSON list, piece by piece; other calls have their turn in between."""
    between = b"["
    for ids in pieces:
        if ids:
            joined = between + ",".join(map(str, ids)).encode()
            await send({"type": "http.response.body", "body": joined, "more_body": True})
            between = b","
        await asyncio.sleep(0)
    end = b"[]" if between == b"[" else b"]"
    await send({"type": "http.response.body", "body": end, "more_body": True})


async def _read(scope: Scope, receive: Receive, *, limit: int) -> tuple[Signed, str]:
    """The request with its body (of one that is too large only the beginning), and its path below the prefix."""
    body = bytearray()
    more = True
    while more and len(body) <= limit:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    raw: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    target = raw.decode("latin-1") + ("?" + query.decode("latin-1") if query else "")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    path = raw.decode("latin-1").removeprefix(PREFIX).rstrip("/") or "/"
    return Signed(scope["method"], target, headers, bytes(body), scope["scheme"]), path


def _query(target: str) -> dict[str, Any]:
    """A query's parameters; of one that is repeated the last counts."""
    return dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))


def _faulty(fault: Fault, real: Response | None) -> Response:
    """The answer of a `status` fault; `real` is what would have been said, and survives a fault that only cuts it."""
    said = {
        "class": "Server::InternalServerError",
        "message": f"Sandbox fault {fault.status} {phrase(fault.status)}",
    }
    body, kind = encode(said), _JSON
    if fault.body is BodyKind.HTML:
        page = f"<html><head><title>{fault.status}</title></head><body><h1>{phrase(fault.status)}</h1></body></html>"
        body, kind = page.encode(), b"text/html"
    elif fault.body is BodyKind.EMPTY:
        body = b""
    elif fault.body is BodyKind.NULL:
        body = b"null"
    elif fault.body is BodyKind.LIST:
        body = encode([said["message"]])
    elif real is not None and fault.status == 200:
        body = real.body
    return Response(fault.status, body, kind, fault.retry_after)


def _head(answer: Response) -> bytes:
    lines = [b"%s: %s\r\n" % header for header in answer.headers()]
    return b"HTTP/1.1 %d %s\r\n%s\r\n" % (answer.status, phrase(answer.status).encode(), b"".join(lines))
