"""What people answered to an account: few by their ids, many as one export of the account's history.

An answer's `tag` may be that of the call that it answers. Source: https://eu.api.ovh.com/1.0/sms.json (`sms.incoming`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, tzinfo
from threading import Event
from typing import Any
from urllib.parse import quote

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.exports import ILLEGIBLE, NoExport, lines_of, pieces_of
from smscampaign.gateway.history import LARGEST, aware, zone_between
from smscampaign.gateway.http import Api
from smscampaign.gateway.mapping import legible
from smscampaign.gateway.questions import Asking, moment
from smscampaign.model import e164
from smscampaign.responses import Incoming

#: By how much the clocks may differ and an answer still count.
SKEW = timedelta(minutes=1)


_COLUMNS = ("id", "date", "sender", "tag", "message")


class OvhIncoming:
    """The answers to one SMS account."""

    def __init__(self, api: Api, service: str) -> None:
        self._api = api
        self._path = f"/sms/{quote(service, safe='')}"

    def ids(self, since: datetime) -> frozenset[int]:
        """`GET /incoming?creationDatetime.from=`: one list, however many. Raises `GatewayProblem`."""
        return frozenset(self._api.ids(f"{self._path}/incoming", **self._since(since)))

    def read(self, ids: Collection[int], since: datetime, *, few: int, stop: Event) -> Iterator[Incoming]:
        """The answers with these ids: up to `few` one by one, more from an export. Raises `GatewayProblem`."""
        rest = set(ids)
        if len(rest) > few:
            with _no_export():
                for one in self._exported(since, stop=stop):
                    if one.id in rest:
                        rest.discard(one.id)
                        yield one
        if rest and not stop.is_set():
            yield from self.one_by_one(rest, stop=stop)

    def _exported(self, since: datetime, *, stop: Event) -> Iterator[Incoming]:
        """`GET /document?wayType=incoming`, line by line; somebody's text may spoil one, which is asked for by its id."""
        asked = {"wayType": "incoming", **self._since(since)}
        zone: tzinfo | None = None
        for identity, date, sender, tag, text in lines_of(
            pieces_of(self._api, f"{self._path}/document", asked, stop=stop, largest=LARGEST), _COLUMNS
        ):
            if stop.is_set():
                return
            if ILLEGIBLE in text:
                continue  # as the API tells it, by its id
            with suppress(ValueError):
                message = int(identity)
                zone = zone or self._zone_by(message, datetime.fromisoformat(date))
                yield Incoming(message, e164(sender), aware(date, zone), text, tag)

    def _zone_by(self, message: int, bare: datetime) -> tzinfo:
        """The zone in which the export writes its dates, by an answer whose date is known with its zone as well."""
        first = next(iter(self.one_by_one([message], stop=Event())), None)
        return zone_between(bare, first.at if first else None)

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


@contextmanager
def _no_export() -> Iterator[None]:
    """An export that cannot be had, or may not, is no problem: what it has not brought is read one by one."""
    try:
        with suppress(NoExport):
            yield
    except GatewayProblem as problem:
        if not problem.lacks_right:
            raise


def incoming_of(one: dict[str, Any]) -> Incoming:
    """An `sms.incoming`. Raises what reading an illegible one raises."""
    at = moment(one["creationDatetime"]).astimezone(UTC)
    return Incoming(one["id"], e164(one["sender"]), at, one["message"] or "", one.get("tag") or "")
