"""Call-backs: a GET to the address an account has set, for every final receipt and every STOP.

Only this machine is ever called: an address elsewhere is kept and shown, and nothing is sent there. OVHcloud's receipts
carry `id`, `ptt`, `date`, `description` and `descriptionDlr` (https://help.ovhcloud.com, SMS guides); what a STOP carries is
not documented: here `id`, `number` and `date`.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import deque
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlencode, urlsplit

from smscampaign.sandbox.fates import PTTS, end
from smscampaign.sandbox.replies import address

if TYPE_CHECKING:
    from smscampaign.sandbox.world import World

_LOG = logging.getLogger("smscampaign.sandbox")
_PAUSE = 0.2
_PATIENCE = 3.0
# Calls looked at in one go, so that 500 receivers each take some ten milliseconds of the loop.
_CALLS = 10


class Callbacks:
    """The call-backs of one sandbox. `made` holds the last ones: address and HTTP status, or None where nobody answered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ahead: list[tuple[float, int]] = []
        self._seen = 0
        self.made: deque[tuple[str, int | None]] = deque(maxlen=50)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.turn()
            except Exception:  # noqa: BLE001 - one that fails must not end all later ones
                _LOG.exception("the sandbox failed in its call-backs")
            await asyncio.sleep(_PAUSE)

    async def turn(self) -> None:
        """Make every call-back that is due."""
        while self._world.stops:
            await self._call(*self._world.stops.popleft())
        if not self._wanted():
            return
        await self._look_ahead()
        now = self._world.clock.now()
        while self._ahead and self._ahead[0][0] <= now:
            await self._report(*heapq.heappop(self._ahead))

    def _wanted(self) -> bool:
        objects = self._world.store.objects
        return any(body.get("callBack") for _, body in objects.all("account"))

    async def _look_ahead(self) -> None:
        """Note when each message will have its last receipt, of the calls that are new."""
        store, settings = self._world.store, self._world.settings
        while page := store.select(after=self._seen, limit=_CALLS):
            for call in page:
                for message in range(call.first, call.first + call.count):
                    heapq.heappush(self._ahead, (end(call, message, settings).time, message))
            self._seen = page[-1].first
            await asyncio.sleep(0)

    async def _report(self, moment: float, message: int) -> None:
        store, date = self._world.store, self._world.clock.text
        call = store.call_of(message)
        url = None if call is None else address(self._world, call, "callBack")
        if (
            call is None
            or url is None
            or store.marks(message, message)
            or self._told(call.account, moment, message)
        ):
            return
        last = end(call, message, self._world.settings)
        reason = PTTS[last.ptt][1]
        query = {"id": message, "ptt": last.ptt, "date": date(moment), "description": last.receipt}
        await self._call(url, {**query, "descriptionDlr": reason})
        store.objects.put("callback", call.account, "", {"until": moment, "last": message})

    def _told(self, account: str, moment: float, message: int) -> bool:
        """Whether a receipt came before the address was set, or was told before a restart."""
        kept = self._world.store.objects.get("callback", account, "")
        return kept is not None and (moment, message) <= (kept["until"], kept["last"])

    async def _call(self, url: str, query: dict[str, object]) -> None:
        parts = urlsplit(url)
        status = None
        if (host := loopback(parts)) is not None:
            joined = "&".join(piece for piece in (parts.query, urlencode(query)) if piece)
            try:
                status = await asyncio.wait_for(_get(parts, host, f"{parts.path or '/'}?{joined}"), _PATIENCE)
            except (OSError, TimeoutError, ValueError, IndexError) as problem:
                _LOG.warning("nobody answered the call-back %s: %s", url, problem)
        self.made.append((url, status))


def loopback(parts: SplitResult) -> str | None:
    """The address of this machine to connect to, or None where an address leads elsewhere or is not plain HTTP."""
    try:
        host = {"localhost": "127.0.0.1"}.get(parts.hostname or "", parts.hostname or "")
        return host if parts.scheme == "http" and ip_address(host).is_loopback and parts.port != 0 else None
    except ValueError:
        return None


async def _get(parts: SplitResult, host: str, target: str) -> int:
    reader, writer = await asyncio.open_connection(host, parts.port or 80)
    try:
        head = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: smscampaign-sandbox\r\n"
        writer.write((head + "Connection: close\r\n\r\n").encode("ascii", "replace"))
        await writer.drain()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
