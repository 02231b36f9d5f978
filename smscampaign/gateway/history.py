"""The account's outgoing messages by when they were made: last receipts as lists of ids, and all lines of a window.

Every call has its own tag, so that the receipts of a campaign come by windows of time and are told by their tags. Others'
lines are dropped unread. Sources: https://eu.api.ovh.com/1.0/sms.json; the columns of an export are those of OVHcloud's
guides (https://help.ovhcloud.com), which have no `deliveryReceipt`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from threading import Event
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.echo import receipt_of
from smscampaign.gateway.exports import NoExport, lines_of, pieces_of
from smscampaign.gateway.http import Api
from smscampaign.gateway.mapping import legible
from smscampaign.gateway.questions import Asking, moment
from smscampaign.model import Delivery, DeliveryReceipt, e164
from smscampaign.responses import Ptt

#: The zone of dates that name none. Exports write OVHcloud's local time; nobody documents it, so the first line is compared
#: with the same message under `/outgoing/{id}`, whose date has a zone.
ASSUMED_ZONE = ZoneInfo("Europe/Paris")

#: Bytes of one export: some 1 200 000 lines. It is read as it comes, so that this is a limit of patience, not of memory.
LARGEST = 256 * 1024 * 1024

#: By how much the clocks may differ and a message still be in its window.
SKEW = timedelta(minutes=1)

_COLUMNS = ("tag", "id", "receiver", "date", "ptt", "operatorCode", "sentAt", "deliveredAt")


class Finals(NamedTuple):
    """The ids of the messages of a window that OVHcloud says are delivered, and that it says have failed."""

    delivered: frozenset[int]
    failed: frozenset[int]


class OvhHistory:
    """The outgoing messages of one SMS account. All times are when a message was made."""

    def __init__(self, api: Api, service: str) -> None:
        self._api = api
        self._path = f"/sms/{quote(service, safe='')}"
        self._zone: tzinfo | None = None

    def finals(self, start: datetime, end: datetime) -> Finals:
        """`GET /outgoing?deliveryReceipt=` for 1, 2 and 16: three lists, however many messages. Raises `GatewayProblem`."""
        delivered, *failed = (
            self._api.ids(f"{self._path}/outgoing", **self._within(start, end), deliveryReceipt=code)
            for code in ("1", "2", "16")
        )
        return Finals(frozenset(delivered), frozenset(one for some in failed for one in some))

    def shown(self, start: datetime, end: datetime) -> frozenset[int]:
        """`GET /outgoing`: the ids of all that left. Raises `GatewayProblem`."""
        return frozenset(self._api.ids(f"{self._path}/outgoing", **self._within(start, end)))

    def exported(
        self, start: datetime, end: datetime, *, ours: Callable[[str], bool], finals: Finals, stop: Event
    ) -> Iterator[DeliveryReceipt]:
        """The messages of a window whose tag is one of `ours`, as an export brings them, line by line.

        Raises `GatewayProblem` when it may not be asked for, `NoExport` when it cannot be had, also in its middle.
        """
        asked = {"wayType": "outgoing", **self._within(start, end)}
        pieces = pieces_of(self._api, f"{self._path}/document", asked, stop=stop, largest=LARGEST)
        for tag, *line in lines_of(pieces, _COLUMNS):
            if stop.is_set():
                return
            if ours(tag):
                try:
                    yield self._read(tag, *line, finals=finals, since=start - SKEW)
                except ValueError:
                    continue  # somebody's text spoilt it: it is asked for by its id

    def one_by_one(self, ids: Collection[int], *, stop: Event) -> Iterator[DeliveryReceipt]:
        """`GET /outgoing/{id}` for each, several at a time. Raises `GatewayProblem`."""
        asking = Asking(self._api, self._path, known=lambda _: (), stop=stop)
        for _, one in asking.objects("outgoing", sorted(ids)):
            if one is not None:
                with legible("/outgoing"):
                    receipt = receipt_of(one)
                yield receipt

    def tagged(self, tag: str) -> frozenset[int]:
        """`GET /outgoing?tag=`: the ids of one call. Raises `GatewayProblem`."""
        return frozenset(self._api.ids(f"{self._path}/outgoing", tag=tag))

    def reason(self, code: int) -> Ptt | None:
        """`GET /sms/ptts?ptt=`: what a code means; None where OVHcloud does not know it. Raises `GatewayProblem`."""
        try:
            answer = self._api.get("/sms/ptts", ptt=str(code))
        except GatewayProblem as problem:
            if problem.code in {"400", "404"}:
                return None
            raise
        with legible("/sms/ptts"):
            return Ptt(code, *(str(answer[name] or "") for name in ("comment", "description", "duration")))

    def _read(self, tag: str, *line: str, finals: Finals, since: datetime) -> DeliveryReceipt:
        """One line of ours, which was made after `since`. Raises `ValueError` when it cannot be read."""
        identity, receiver, date, ptt, operator, sent, arrived = line
        message, zone = int(identity), self._zone
        if zone is None:
            zone = self._zone = self._zone_by(message, datetime.fromisoformat(date))
        left = _left(sent, zone, since) if sent else None
        if message in finals.failed:
            delivery, then = Delivery.FAILED, None
        elif message in finals.delivered or arrived:
            delivery, then = Delivery.DELIVERED, _after(arrived, zone, left) if arrived else None
        else:
            delivery, then = Delivery.WAITING, None
        code = int(ptt) if ptt else None
        return DeliveryReceipt(message, e164(receiver), delivery, then, code, tag, left, operator)

    def _zone_by(self, message: int, bare: datetime) -> tzinfo:
        """The zone in which the export wrote the date of a message that is known with its zone as well."""
        try:
            with legible("/outgoing"):
                one = self._api.find(f"{self._path}/outgoing/{message}")
                known = None if one is None else moment(one["creationDatetime"])
        except GatewayProblem:
            known = None
        return zone_between(bare, known)

    def _within(self, start: datetime, end: datetime) -> dict[str, str]:
        clients = self._api.clients
        since, until = clients.earliest(start) - SKEW, max(end, end + clients.ahead) + SKEW
        return {
            "creationDatetime.from": since.isoformat(timespec="seconds"),
            "creationDatetime.to": until.isoformat(timespec="seconds"),
        }


def zone_between(bare: datetime, known: datetime | None) -> tzinfo:
    """The zone of dates without one, by the one of them whose moment is known."""
    if known is None or bare.tzinfo is not None:
        return ASSUMED_ZONE
    for zone in (ASSUMED_ZONE, UTC):
        if any(abs(bare.replace(tzinfo=zone, fold=fold) - known) < SKEW for fold in (0, 1)):
            return zone
    quarters = round((bare.replace(tzinfo=UTC) - known) / timedelta(minutes=15))
    return timezone(timedelta(minutes=15 * quarters)) if abs(quarters) <= 56 else ASSUMED_ZONE


def aware(text: str, zone: tzinfo) -> datetime:
    """A date of an export as a moment. Raises `ValueError` when it is none."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)


def _left(text: str, zone: tzinfo, since: datetime) -> datetime:
    """A date of what was made after `since`: in the hour that a clock shows twice it may be the second one then."""
    first = aware(text, zone)
    return first if first >= since else _again(text, zone)


def _after(text: str, zone: tzinfo, left: datetime | None) -> datetime:
    """The same of what came after the message had left."""
    first = aware(text, zone)
    return first if left is None or first >= left else max(_again(text, zone), left)


def _again(text: str, zone: tzinfo) -> datetime:
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=zone, fold=1)).astimezone(UTC)


__all__ = ["ASSUMED_ZONE", "Finals", "NoExport", "OvhHistory", "aware", "zone_between"]
