"""The sandbox's own endpoints under `/_sandbox`: the record, the state, the faults, the clock.

On this machine they need no key, so they refuse every request that a page of another origin made a browser send.
"""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from smscampaign.sandbox.clock import utc
from smscampaign.sandbox.faults import from_json
from smscampaign.sandbox.rates import number
from smscampaign.sandbox.replies import ReplyProblem, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from starlette.requests import Request

    from smscampaign.sandbox.clock import Clock
    from smscampaign.sandbox.store import Call, Removal
    from smscampaign.sandbox.world import World

HEADER = ("time", "call", "tag", "receiver", "sender", "parts", "credits", "message")
# Calls to a page of the record: up to some 25 000 lines, after which other requests have their turn.
_PAGE = 50
_BODY_LIMIT = 1024 * 1024
_MOST_CREDITS = 10**12


def routes(world: World) -> list[Route]:
    """The routes of one sandbox's control endpoints."""
    control = Control(world)
    return [
        Route("/_sandbox/accepted.csv", guarded(control.accepted_csv), methods=["GET"]),
        Route("/_sandbox/accepted.json", guarded(control.accepted_json), methods=["GET"]),
        Route("/_sandbox/state", guarded(control.state), methods=["GET"]),
        Route("/_sandbox/faults", guarded(control.faults), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/credits", guarded(control.credits), methods=["POST"]),
        Route("/_sandbox/clock", guarded(control.clock), methods=["GET", "POST"]),
        Route("/_sandbox/reply", guarded(control.reply), methods=["POST"]),
    ]


def guarded(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that refuses what a page of another origin made a browser send."""

    async def guarded(request: Request) -> Response:
        origin, host = request.headers.get("origin"), request.headers.get("host", "")
        foreign = request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        if foreign or origin not in {None, f"http://{host}", f"https://{host}"}:
            return refusal(403, "The sandbox is controlled from its own page or without a browser only")
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
                "speed": clock.speed,
                "hold": self._world.settings.hold,
                "accounts": [{"name": name, "creditsLeft": number(left)} for name, left in store.accounts()],
                "calls": store.calls,
                "messages": store.messages,
                "cancelled": store.marked("cancelled"),
                "answers": store.mail.count(),
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
                value = await json_body(request)
                injector.add([from_json(item) for item in (value if isinstance(value, list) else [value])])
            except ValueError as error:
                return refusal(400, str(error))
        return JSONResponse(injector.state())

    async def credits(self, request: Request) -> Response:
        """POST `{"add": 500}`, with an `"account"` where there are several: an account is recharged."""
        store = self._world.store
        try:
            account, more = _recharge(await json_body(request), [name for name, _ in store.accounts()])
        except ValueError as error:
            return refusal(400, str(error))
        left = (store.credits(account) or Decimal(0)) + more
        store.set_credits(account, left)
        return JSONResponse({"account": account, "creditsLeft": number(left)})

    async def clock(self, request: Request) -> Response:
        """GET the sandbox's time; POST `{"step": SECONDS}`, `{"set": DATE}` or `{"speed": FACTOR}` to move or hurry it."""
        clock = self._world.clock
        if request.method == "POST":
            try:
                _turn_clock(clock, await json_body(request))
            except ValueError as error:
                return refusal(400, str(error))
            self._world.store.objects.put("clock", "", "", clock.state())
        return JSONResponse({"clock": clock.text(clock.now()), "offset": clock.offset, "speed": clock.speed})

    async def reply(self, request: Request) -> Response:
        """POST `{"receiver": NUMBER, "text": …}` or `{"messageId": ID, "text": …}`: somebody answers; 409 if nobody could."""
        try:
            asked = await json_body(request)
            answer = reply(self._world, **_answer_of(asked))
        except ValueError as error:
            return refusal(400, str(error))
        except ReplyProblem as error:
            return refusal(409, str(error))
        barred = answer.sender in self._world.store.barred(answer.account)
        return JSONResponse({**asdict(answer), "created": utc(answer.created), "blacklisted": barred})


def _recharge(value: object, accounts: Sequence[str]) -> tuple[str, Decimal]:
    """Which account is recharged, and by how much. Raises ValueError, in words."""
    asked = value if isinstance(value, dict) else {}
    account, more = asked.get("account", accounts[0]), asked.get("add")
    if set(asked) - {"account", "add"} or isinstance(more, bool) or not isinstance(more, (int, float)):
        raise ValueError('a recharge is {"add": 500}, with "account" where there are several')
    if account not in accounts:
        raise ValueError(f"there is no account {account}; there are {', '.join(accounts)}")
    if not (math.isfinite(more) and 0 < more <= _MOST_CREDITS):
        raise ValueError(f"an account is recharged by more than 0 and at most {_MOST_CREDITS} credits")
    return account, Decimal(str(more))


def _answer_of(value: object) -> dict[str, Any]:
    asked = value if isinstance(value, dict) else {}
    receiver, message, text = asked.get("receiver"), asked.get("messageId"), asked.get("text")
    whole = isinstance(message, int) and not isinstance(message, bool) and 0 < message < 2**63
    if not isinstance(text, str) or not (whole or (message is None and isinstance(receiver, str))):
        raise ValueError('an answer is {"receiver": NUMBER, "text": TEXT} or {"messageId": ID, "text": TEXT}')
    return {"text": text, "receiver": receiver, "message": message}


def _csv_lines(call: Call) -> str:
    """The lines of one call. What is the same in all of them is quoted once."""
    head = _cells(utc(call.created), call.call, call.tag)
    tail = _cells(call.message)
    sender = _cells(call.sender, call.parts)
    pairs = zip(call.numbers(), call.costs(), strict=True)
    return "".join(f"{head},{receiver},{sender},{cost},{tail}\r\n" for receiver, cost in pairs)


def _cells(*cells: object) -> str:
    text = io.StringIO()
    # The line's end is named although it is cut off again: what it holds is what Python 3.11 quotes in a cell.
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n")


def _entries(call: Call, marks: dict[int, Removal]) -> list[dict[str, object]]:
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


async def limited(request: Request, most: int) -> bytes:
    """A request's body. Raises ValueError when it has more bytes than `most`."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise ValueError("the body is too large")
    return bytes(body)


async def json_body(request: Request) -> object:
    """A request's body as JSON. Raises ValueError, in words, when it is none or too large."""
    body = await limited(request, _BODY_LIMIT)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None


def _turn_clock(clock: Clock, value: object) -> None:
    """Carry out what was asked of the clock: all of it or, with ValueError, nothing."""
    asked = value if isinstance(value, dict) else {}
    if not asked or set(asked) - {"step", "set", "speed"}:
        raise ValueError(
            'the clock takes {"step": SECONDS}, {"set": "2026-03-06T21:30+01:00"} or {"speed": 600}'
        )
    before = clock.state()
    try:
        if "speed" in asked:
            clock.hurry(_figure(asked["speed"]))
        if "set" in asked:
            clock.set(clock.parse(str(asked["set"])))
        if "step" in asked:
            clock.step(_figure(asked["step"]))
    except ValueError:
        clock.restore(before)
        raise


def _figure(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - one error type for every wrong body
    return float(value)


def refusal(status: int, message: str) -> Response:
    """A refusal by one of the sandbox's own addresses."""
    return JSONResponse({"message": message}, status_code=status)
