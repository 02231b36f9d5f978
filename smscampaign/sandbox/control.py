"""The sandbox's own endpoints under `/_sandbox`: the record, the state, the faults, the clock.

They need no key, so they refuse every request that a page of another origin made a browser send.
"""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from smscampaign.sandbox.clock import utc
from smscampaign.sandbox.faults import from_json
from smscampaign.sandbox.rates import number

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from smscampaign.sandbox.store import Call, Mark
    from smscampaign.sandbox.world import World

HEADER = ("time", "call", "tag", "receiver", "sender", "parts", "credits", "message")
# Calls to a page of the record: up to some 25 000 lines, after which other requests have their turn.
_PAGE = 50
_BODY_LIMIT = 1024 * 1024
_STEP_LIMIT = 10 * 366 * 86400


def routes(world: World) -> list[Route]:
    """The routes of one sandbox's control endpoints."""
    control = Control(world)
    return [
        Route("/_sandbox/accepted.csv", _guarded(control.accepted_csv), methods=["GET"]),
        Route("/_sandbox/accepted.json", _guarded(control.accepted_json), methods=["GET"]),
        Route("/_sandbox/state", _guarded(control.state), methods=["GET"]),
        Route("/_sandbox/faults", _guarded(control.faults), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/clock", _guarded(control.clock), methods=["GET", "POST"]),
    ]


def _guarded(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        origin, host = request.headers.get("origin"), request.headers.get("host", "")
        foreign = request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        if foreign or (origin is not None and urlsplit(origin).netloc != host):
            return _refusal(403, "The sandbox is controlled from its own page or without a browser only")
        return await endpoint(request)

    return guarded


class Control:
    """The endpoints of one sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def accepted_csv(self, request: Request) -> Response:
        """What was really accepted, one line per receiver, whatever the API shows of it."""
        return StreamingResponse(self._csv(), media_type="text/csv; charset=utf-8")

    async def accepted_json(self, request: Request) -> Response:
        """The same with the message ids, and when a message was cancelled or deleted from the history."""
        return StreamingResponse(self._json(), media_type="application/json")

    async def _csv(self) -> AsyncIterator[str]:
        yield ",".join(HEADER) + "\r\n"
        after = 0
        while page := self._world.store.select(after=after, limit=_PAGE):
            yield "".join(_csv_lines(call) for call in page)
            after = page[-1].first

    async def _json(self) -> AsyncIterator[str]:
        after, comma = 0, "["
        while page := self._world.store.select(after=after, limit=_PAGE):
            for call in page:
                marks = self._world.store.marks(call.first, call.first + call.count - 1)
                yield comma + ",\n".join(json.dumps(entry) for entry in _entries(call, marks))
                comma = ",\n"
            after = page[-1].first
        yield "[]\n" if comma == "[" else "]\n"

    async def state(self, request: Request) -> Response:
        """Credits, counts, clock and faults at this moment."""
        store, clock = self._world.store, self._world.clock
        return JSONResponse(
            {
                "sandbox": "smscampaign",
                "clock": clock.text(clock.now()),
                "offset": clock.offset,
                "accounts": [{"name": name, "creditsLeft": number(left)} for name, left in store.accounts()],
                "calls": store.calls,
                "messages": store.messages,
                "cancelled": store.marked("cancelled"),
                "faults": self._world.injector.state(),
            }
        )

    async def faults(self, request: Request) -> Response:
        """GET the faults in force, POST a JSON list of further ones (or one), DELETE them all."""
        injector = self._world.injector
        if request.method == "DELETE":
            injector.clear()
        elif request.method == "POST":
            try:
                value = await _json_body(request)
                injector.add([from_json(item) for item in (value if isinstance(value, list) else [value])])
            except ValueError as error:
                return _refusal(400, str(error))
        return JSONResponse(injector.state())

    async def clock(self, request: Request) -> Response:
        """GET the sandbox's time; POST `{"step": SECONDS}` to move it."""
        clock = self._world.clock
        if request.method == "POST":
            try:
                clock.step(_seconds(await _json_body(request)))
            except ValueError as error:
                return _refusal(400, str(error))
        return JSONResponse({"clock": clock.text(clock.now()), "offset": clock.offset})


def _csv_lines(call: Call) -> str:
    """The lines of one call. What is the same in all of them is quoted once."""
    head = _cells(utc(call.created), call.call, call.tag)
    tail = _cells(call.message)
    sender = _cells(call.sender, call.parts)
    pairs = zip(call.numbers(), call.costs(), strict=True)
    return "".join(f"{head},{receiver},{sender},{cost},{tail}\r\n" for receiver, cost in pairs)


def _cells(*cells: object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _entries(call: Call, marks: dict[int, Mark]) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = []
    for place, (receiver, cost) in enumerate(zip(call.numbers(), call.costs(), strict=True)):
        mark = marks.get(call.first + place)
        cells = (
            utc(call.created),
            call.call,
            call.tag,
            receiver,
            call.sender,
            call.parts,
            cost,
            call.message,
        )
        extra = {
            "id": call.first + place,
            "account": call.account,
            "cancelled": utc(mark.time) if mark and mark.kind == "cancelled" else None,
            "deleted": utc(mark.time) if mark and mark.kind == "deleted" else None,
        }
        entries.append({**dict(zip(HEADER, cells, strict=True)), **extra})
    return entries


async def _json_body(request: Request) -> object:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _BODY_LIMIT:
            raise ValueError("the body is too large")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None


def _seconds(value: object) -> float:
    step = value.get("step") if isinstance(value, dict) else None
    if isinstance(step, bool) or not isinstance(step, (int, float)) or not math.isfinite(step):
        raise ValueError('the clock is moved by {"step": SECONDS}')
    if abs(step) > _STEP_LIMIT:
        raise ValueError("the clock moves by ten years at most")
    return float(step)


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status_code=status)
