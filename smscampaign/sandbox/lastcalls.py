"""The API's last calls and their answers, for the page: noted at the door, so that faults show as they were felt."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from smscampaign.sandbox.clock import Clock

KEPT = 40
# A chunk of 500 answers some 20 kB; this much of it says what it is.
_EXCERPT = 600


@dataclass(slots=True)
class Exchange:
    """One call. `status` is None while it has no answer, and stays so (with `over`) when none came; `at` is epoch seconds."""

    number: int
    at: float
    method: str
    target: bytes
    query: bytes
    status: int | None = None
    answer: bytes = b""
    size: int = 0
    over: bool = False

    def path(self) -> str:
        """The request target below the API's prefix, as it was sent."""
        shown = self.target + (b"?" + self.query if self.query else b"")
        return shown.decode("latin-1")[:300]

    def excerpt(self) -> str:
        """The beginning of the answer."""
        return self.answer.decode("utf-8", "replace") + ("…" if self.size > len(self.answer) else "")


class LastCalls:
    """Lets every call through to the API and remembers the last ones. It costs a call some microseconds."""

    def __init__(self, api: ASGIApp, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._kept: deque[Exchange] = deque(maxlen=KEPT)
        self._seen = 0

    def newest(self) -> Iterator[Exchange]:
        """The calls that are kept, newest first."""
        return iter(tuple(reversed(self._kept)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and note what is answered."""
        self._seen += 1
        exchange = Exchange(
            self._seen, self._clock.now(), scope["method"], scope["raw_path"], scope["query_string"]
        )
        self._kept.append(exchange)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
            else:
                body = message.get("body", b"")
                exchange.size += len(body)
                exchange.answer += body[: max(0, _EXCERPT - len(exchange.answer))]
            await send(message)

        try:
            await self._api(scope, receive, noted)
        finally:
            exchange.over = True
