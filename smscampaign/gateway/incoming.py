"""What people answered to an account: few by their ids, many as one export of the account's history.

An answer's `tag` may be that of the call that it answers. Source: https://eu.api.ovh.com/1.0/sms.json (`sms.incoming`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from urllib.parse import quote

from smscampaign.gateway.http import Api
from smscampaign.gateway.mapping import legible
from smscampaign.gateway.questions import Asking, moment
from smscampaign.model import e164
from smscampaign.responses import Incoming

#: By how much the clocks may differ and an answer still count.
SKEW = timedelta(minutes=1)


class OvhIncoming:
    """The answers to one SMS account."""

    def __init__(self, api: Api, service: str) -> None:
        self._api = api
        self._path = f"/sms/{quote(service, safe='')}"

    def ids(self, since: datetime) -> frozenset[int]:
        """`GET /incoming?creationDatetime.from=`: one list, however many. Raises `GatewayProblem`."""
        return frozenset(self._api.ids(f"{self._path}/incoming", **self._since(since)))

    def read(self, ids: Collection[int], since: datetime, *, few: int, stop: Event) -> Iterator[Incoming]:
        """The answers with these ids. Raises `GatewayProblem`."""
        yield from self.one_by_one(ids, stop=stop)

    def one_by_one(self, ids: Collection[int], *, stop: Event) -> Iterator[Incoming]:
        """`GET /incoming/{id}` for each, several at a time. Raises `GatewayProblem`."""
        asking = Asking(self._api, self._path, known=lambda _: (), stop=stop)
        for _, one in asking.objects("incoming", sorted(ids)):
            if one is not None:
                with legible("/incoming"):
                    answer = incoming_of(one)
                yield answer

    def _since(self, since: datetime) -> dict[str, str]:
        earliest = self._api.clients.earliest(since) - SKEW
        return {"creationDatetime.from": earliest.isoformat(timespec="seconds")}


def incoming_of(one: dict[str, Any]) -> Incoming:
    """An `sms.incoming`. Raises what reading an illegible one raises."""
    at = moment(one["creationDatetime"]).astimezone(UTC)
    return Incoming(one["id"], e164(one["sender"]), at, one["message"] or "", one.get("tag") or "")
