"""What is heard at OVHcloud of messages that were accepted: which still wait, which left, their receipts, and STOPs.

Source: https://eu.api.ovh.com/1.0/sms.json. The ids that `POST /jobs` answers name a message under `/jobs` while it waits and
under `/outgoing` once it has left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import Any
from urllib.parse import quote

from smscampaign.gateway.http import Api
from smscampaign.gateway.mapping import legible
from smscampaign.gateway.protocol import Known, Sent
from smscampaign.gateway.questions import Asking, moment, sent_of
from smscampaign.model import Delivery, DeliveryReceipt, NoAnswer, Progress, e164

#: OVHcloud's `deliveryReceipt` after which nothing more comes: 1 delivered, 2 failed, 16 error and not billed.
_FINAL = {1: Delivery.DELIVERED, 2: Delivery.FAILED, 16: Delivery.FAILED}

#: And those that may change: 0 pending, 4 waiting, 8 buffered; a code that is not known may, too.
_DELIVERIES = {**_FINAL, **dict.fromkeys((0, 4, 8), Delivery.WAITING)}

#: How much later than OVHcloud's our clock may be: a STOP of just before the first message is counted rather than missed.
_SKEW = timedelta(minutes=1)

_STOP = re.compile(r"\s*stop\b", re.IGNORECASE)


class OvhEcho:
    """One SMS account after sending; implements `Echo`."""

    def __init__(self, api: Api, service: str) -> None:
        self._api = api
        self._path = f"/sms/{quote(service, safe='')}"

    def waiting(self) -> frozenset[int]:
        """`GET /jobs`."""
        return frozenset(self._api.ids(f"{self._path}/jobs"))

    def receiver(self, message: int) -> str | None:
        """`GET /jobs/{id}`."""
        job = self._api.find(f"{self._path}/jobs/{message}")
        if job is None:
            return None
        with legible("/jobs"):
            return e164(job["receiver"])

    def left(self, since: datetime, receipt: Delivery | None = None) -> frozenset[int]:
        """`GET /outgoing?creationDatetime.from=`: one list, however many; with `receipt` one for each of its codes."""
        codes = [{"deliveryReceipt": str(code)} for code, final in _FINAL.items() if final is receipt]
        listed = [
            self._api.ids(f"{self._path}/outgoing", **self._from(since), **code)
            for code in ([{}] if receipt is None else codes)
        ]
        return frozenset(one for ids in listed for one in ids)

    def receipt(self, message: int) -> DeliveryReceipt | None:
        """`GET /outgoing/{id}`."""
        one = self._api.find(f"{self._path}/outgoing/{message}")
        if one is None:
            return None
        with legible("/outgoing"):
            return receipt_of(one)

    def sent(self, message: int) -> Sent | None:
        """`GET /outgoing/{id}`."""
        one = self._api.find(f"{self._path}/outgoing/{message}")
        with legible("/outgoing"):
            return None if one is None else sent_of(one)

    def messages(
        self,
        numbers: Collection[str],
        tags: tuple[str, ...],
        *,
        known: Known = lambda _: (),
        most: int | None = None,
        stop: Event,
        watch: Callable[[Progress], object] = lambda _: None,
    ) -> dict[str, list[Sent]] | NoAnswer:
        """`GET /outgoing?receiver=` for each number, or `GET /outgoing` once, then each message."""
        asking = Asking(self._api, self._path, known=known, stop=stop)
        return asking.messages(frozenset(numbers), tags, most=most, watch=watch)

    def stops(self, numbers: Collection[str], *, since: datetime) -> frozenset[str]:
        """`GET /incoming?creationDatetime.from=` and `GET /blacklists`, then each one that concerns the numbers."""
        wanted = frozenset(numbers)
        with legible("/incoming and /blacklists"):
            return wanted.intersection([*self._answered(since), *self._blacklisted(wanted, since)])

    def _answered(self, since: datetime) -> Iterator[str]:
        for identity in self._api.ids(f"{self._path}/incoming", **self._from(since)):
            one = self._api.find(f"{self._path}/incoming/{identity}")
            if one is not None and _STOP.match(one["message"]):
                yield e164(one["sender"])

    def _blacklisted(self, wanted: frozenset[str], since: datetime) -> Iterator[str]:
        for number in self._api.get(f"{self._path}/blacklists"):
            if e164(number) not in wanted:
                continue
            entry = self._api.find(f"{self._path}/blacklists/{quote(number, safe='')}")
            if entry is not None and moment(entry["dateCreation"]) >= self._earliest(since):
                yield e164(number)

    def _earliest(self, since: datetime) -> datetime:
        return self._api.clients.earliest(since) - _SKEW

    def _from(self, since: datetime) -> dict[str, str]:
        return {"creationDatetime.from": self._earliest(since).isoformat(timespec="seconds")}


def receipt_of(one: dict[str, Any]) -> DeliveryReceipt:
    """An `sms.Outgoing`. Raises what reading an illegible one raises."""
    delivered = one.get("deliveredAt")
    delivery = _DELIVERIES.get(one["deliveryReceipt"], Delivery.WAITING)
    then = moment(delivered) if delivered and delivery is Delivery.DELIVERED else None
    left = moment(one["sentAt"]) if one.get("sentAt") else None
    return DeliveryReceipt(
        one["id"], e164(one["receiver"]), delivery, then, one.get("ptt"), one.get("tag") or "", left
    )
