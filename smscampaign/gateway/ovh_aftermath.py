"""What comes after sending at OVHcloud: messages that still wait and may be deleted, receipts by the list, and STOPs.

Source: https://eu.api.ovh.com/1.0/sms.json. The ids that `POST /jobs` answers name a message under `/jobs` while it waits and
under `/outgoing` once it has left.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests
from ovh.exceptions import APIError

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.clients import unreachable
from smscampaign.gateway.http import problem_of
from smscampaign.gateway.mapping import body_of, legible, query_of, redirected
from smscampaign.gateway.ovhcloud import OvhCloud, receipt_of
from smscampaign.gateway.questions import moment
from smscampaign.model import Delivery, DeliveryReceipt, NoAnswer, e164

#: `deliveryReceipt` codes after which nothing more comes: 1 delivered, 2 failed, 16 error and not billed.
_FINAL = ((1, Delivery.DELIVERED), (2, Delivery.FAILED), (16, Delivery.FAILED))

#: How much later than OVHcloud's our clock may be: a STOP of just before the first message is counted rather than missed.
_SKEW = timedelta(minutes=1)

_STOP = re.compile(r"\s*stop\b", re.IGNORECASE)

_RIGHT = (
    "Make keys that also have the right DELETE /sms/*/jobs/*, or delete what waits in OVHcloud's control panel:\n"
    "https://eu.api.ovh.com/createToken/index.cgi?GET=/sms&GET=/sms/*&DELETE=/sms/*/jobs/*"
)


class Aftermath:
    """One SMS account after sending; implements `Recall` and `Echo`."""

    def __init__(self, gateway: OvhCloud) -> None:
        self._api = gateway.api
        self._pace = gateway.pace
        self._path = f"/sms/{quote(gateway.service, safe='')}"

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

    def recall(self, message: int) -> bool | NoAnswer:
        """`DELETE /jobs/{id}`, once: whether an answer that was lost had deleted it is seen by asking again."""
        path = f"{self._path}/jobs/{message}"
        self._pace.wait(self._api.sleep)
        try:
            response: requests.Response = self._api.clients.get().raw_call("DELETE", path)
        except (requests.RequestException, APIError) as error:
            if redirected(error):
                raise unreachable(error) from None
            return NoAnswer(f"OVHcloud did not answer ({type(error).__name__})")
        match response.status_code:
            case 200 | 204:
                return True
            case 404:
                return _gone(response, path)
            case 429 | 500 | 502 | 503 | 504:
                return NoAnswer(f"OVHcloud answered {response.status_code}{query_of(response)}")
        raise _refused(response, path)

    def has_left(self, message: int) -> bool:
        """`GET /outgoing/{id}`."""
        return self._api.find(f"{self._path}/outgoing/{message}") is not None

    def left_since(self, since: datetime) -> frozenset[int]:
        """`GET /outgoing?creationDatetime.from=`: one list, however many."""
        return frozenset(self._api.ids(f"{self._path}/outgoing", **self._from(since)))

    def receipted(self, *, since: datetime) -> dict[Delivery, frozenset[int]]:
        """`GET /outgoing?creationDatetime.from=&deliveryReceipt=` for each final receipt: a list for each, however many."""
        found: dict[Delivery, frozenset[int]] = {}
        for code, delivery in _FINAL:
            listed = self._api.ids(f"{self._path}/outgoing", **self._from(since), deliveryReceipt=str(code))
            found[delivery] = found.get(delivery, frozenset()).union(listed)
        return found

    def receipt(self, message: int) -> DeliveryReceipt | None:
        """`GET /outgoing/{id}`."""
        one = self._api.find(f"{self._path}/outgoing/{message}")
        if one is None:
            return None
        with legible("/outgoing"):
            return receipt_of(one)

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


def _gone(response: requests.Response, path: str) -> bool:
    """Of a 404: false when it is the message that is not there, an error when it is the account."""
    body = body_of(response)
    if isinstance(body, dict) and "service does not exist" in str(body.get("message")).lower():
        raise problem_of(response, path)
    return False


def _refused(response: requests.Response, path: str) -> GatewayProblem:
    problem: Any = problem_of(response, path)
    remedy = _RIGHT if problem.code == "NOT_GRANTED_CALL" else problem.remedy
    return GatewayProblem(problem.what, where=f"DELETE {path}", remedy=remedy, code=problem.code)
