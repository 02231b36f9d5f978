"""The page at `/`: the inbox, with the clock, the faults, and what programs asked last.

HTML, style sheet and script are files beside this module and load nothing from elsewhere. The script asks `/_sandbox/inbox`
once a second, and is told only what has changed since what it was told before.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from importlib.resources import files
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING
from zlib import crc32

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from smscampaign.sandbox.control import guarded
from smscampaign.sandbox.inbox import Inbox, digits_of
from smscampaign.sandbox.overview import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from smscampaign.sandbox.lastcalls import LastCalls
    from smscampaign.sandbox.world import World

_KINDS = {
    "inbox.html": "text/html; charset=utf-8",
    "inbox.css": "text/css; charset=utf-8",
    "inbox.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
# Answers remembered to tell the next one apart from: one for each page that is open, and some.
_REMEMBERED = 64


def routes(world: World, calls: LastCalls) -> list[Route]:
    """The page of one sandbox, and what it is made of."""
    page = Page(world, calls)
    return [
        Route("/", page.show, methods=["GET"]),
        Route("/_sandbox/static/{name}", page.static, methods=["GET"]),
        Route("/_sandbox/inbox", guarded(page.inbox), methods=["GET"]),
    ]


class Page:
    """The page of one sandbox."""

    def __init__(self, world: World, calls: LastCalls) -> None:
        folder = files("smscampaign.sandbox") / "static"
        self._files = {name: (folder / name).read_bytes() for name in _KINDS}
        self._inbox = Inbox(world.store)
        self._standing = Standing(world, calls)
        self._told = Checksums()

    async def show(self, request: Request) -> Response:
        """The page itself: the same bytes whatever the sandbox holds."""
        return self._file("inbox.html")

    async def static(self, request: Request) -> Response:
        """Style sheet, script and icon."""
        name = request.path_params["name"]
        return self._file(name) if name in _KINDS else Response(status_code=404)

    def _file(self, name: str) -> Response:
        return Response(self._files[name], media_type=_KINDS[name])

    async def inbox(self, request: Request) -> Response:
        """`search` (digits of a number), `before` (a message id, for earlier phones), `since` (the last answer's token)."""
        query = request.query_params
        digits = digits_of(query.get("search", ""))
        if query.get("search") and not digits:
            return JSONResponse({"message": "a search needs three digits of a number"}, status_code=400)
        before = query.get("before", "")
        if before and not (before.isascii() and before.isdigit() and len(before) < 19):
            return JSONResponse({"message": "before is a message id"}, status_code=400)
        found, older = await self._inbox.phones(digits, int(before) if before else None)
        news = self._told.news(
            query.get("since", ""), self._standing.sections(), self._standing.phones(found)
        )
        return JSONResponse({**news, "clock": self._standing.clock(), "older": older})


class Checksums:
    """What was said in the last answers, as checksums, so that the next says only what is new."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, dict[str, int]] = OrderedDict()
        # A page that is still open from an earlier sandbox on this port knows nothing of this one.
        self._numbers = (f"{token_hex(4)}-{n}" for n in count(1))

    def news(
        self, since: str, sections: Mapping[str, object], phones: Mapping[str, object]
    ) -> dict[str, object]:
        """The sections and phones that differ from the answer whose token is `since`; all of them when it is not known."""
        known = self._answers.get(since, {})
        sums = {f"section {name}": _sum(value) for name, value in sections.items()}
        sums |= {f"phone {number}": _sum(value) for number, value in phones.items()}
        token = since if known == sums else next(self._numbers)
        self._answers[token] = sums
        self._answers.move_to_end(token)
        while len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        changed = {key for key, value in sums.items() if known.get(key) != value}
        return {
            **{name: value for name, value in sections.items() if f"section {name}" in changed},
            "token": token,
            "order": list(phones),
            "phones": {number: value for number, value in phones.items() if f"phone {number}" in changed},
        }


def _sum(value: object) -> int:
    return crc32(json.dumps(value).encode())
