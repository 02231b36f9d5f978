"""OVHcloud's SMS API behind the campaign's seam, through `ovh.Client.raw_call`.

Source: https://eu.api.ovh.com/1.0/sms.json.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from smscampaign.errors import GatewayProblem
from smscampaign.gateway import endpoints
from smscampaign.gateway.clients import Clients
from smscampaign.gateway.echo import OvhEcho
from smscampaign.gateway.endpoints import LOOPBACK, SANDBOX, Keys
from smscampaign.gateway.http import Api
from smscampaign.gateway.mapping import credits_of, legible
from smscampaign.gateway.pace import Pace, opening
from smscampaign.gateway.questions import Asking
from smscampaign.gateway.transports.jobs import Jobs
from smscampaign.model import Account, Progress, Sender
from smscampaign.packs import Packs

if TYPE_CHECKING:
    from smscampaign.gateway.history import OvhHistory

Watch = Callable[[Progress], object]


def unwatched(progress: Progress) -> None:
    """For whoever does not want to know how far it is."""


class OvhCloud:
    """One SMS account at OVHcloud (or at a sandbox that answers like it); implements `Gateway`."""

    def __init__(self, service: str, clients: Clients, *, pace: Pace) -> None:
        self.service = service
        self.pace = pace
        self.api = Api(clients, pace=pace)
        self.transport = Jobs(self.api, service)
        self.echo = OvhEcho(self.api, service)

    @cached_property
    def history(self) -> OvhHistory:
        """What the account sent, by when; loaded when it is asked for, which sending is not."""
        from smscampaign.gateway.history import OvhHistory

        return OvhHistory(self.api, self.service)

    @property
    def ahead(self) -> timedelta:
        """By `GET /auth/time`, which every client asks before its first call."""
        return self.api.clients.ahead

    def paced(self, calls_per_minute: float) -> OvhCloud:
        """The same account at another pace."""
        pace = Pace(calls_per_minute, opening=opening(calls_per_minute))
        return OvhCloud(self.service, self.api.clients, pace=pace)

    def account(self) -> Account:
        """`GET /sms/{serviceName}`."""
        return account_of(self.service, self.api.get(self._path))

    def accounts(self) -> Iterator[tuple[str, Account | None]]:
        """`GET /sms`, then each: every account that the same keys see."""
        return _accounts(self.api)

    def may_list(self, kind: str) -> bool:
        """Whether the keys may list `jobs` or `outgoing`: it is tried, for those who may not ask for their rights."""
        try:
            self.api.ids(f"{self._path}/{kind}", **({"tag": "none"} if kind == "outgoing" else {}))
        except GatewayProblem as problem:
            if not problem.lacks_right:
                raise
            return False
        return True

    def rights(self) -> tuple[tuple[str, str], ...] | None:
        """`GET /auth/currentCredential`: what these keys may do, as methods and paths; None where they may not ask."""
        try:
            answer = self.api.get("/auth/currentCredential")
        except GatewayProblem as problem:
            if not (problem.lacks_right or problem.code == "404"):
                raise
            return None
        with legible("/auth/currentCredential"):
            return tuple((rule["method"], rule["path"]) for rule in answer["rules"])

    def rate(self, country: str) -> Decimal | None:
        """`GET /sms/rates/destinations?country=&billingCountry=`, which needs no keys."""
        return self.api.rate(country)

    def packs(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Packs | None:
        """What a credit costs the owner of the keys: `GET /me` tells where he buys, `GET /sms/rates/packs` the prices.

        None where the keys lack the right `GET /me`, and where OVHcloud sells no credits in that country.
        """
        country = self.api.bought_in()
        if country is None:
            return None
        with legible("/sms/rates/packs"):
            found = [(one["creditQuantityMin"], one["creditPrice"]) for one in self.api.packs(country)]
            (currency,) = {price["currencyCode"] for _, price in found}
            prices = [(credits_of(least), credits_of(price["value"])) for least, price in found]
            known = sorted((least, each) for least, each in prices if least is not None and each is not None)
            if not known or len(known) < len(found) or not re.fullmatch("[A-Z]{3}", currency):
                raise ValueError(found)
        at_home = endpoints.identity(self.api.clients.endpoint) in {SANDBOX, LOOPBACK}
        return Packs(country, currency, now().date(), tuple(known), at_home)

    def senders(self) -> Iterator[Sender]:
        """`GET /senders`, then each."""
        with legible("/senders"):
            names = list(self.api.get(f"{self._path}/senders"))
        for name in names:
            yield self.sender(name)

    def sender(self, name: str) -> Sender:
        """`GET /senders/{sender}`; raises `GatewayProblem` when there is no such sender."""
        answer = self.api.get(f"{self._path}/senders/{quote(name, safe='')}")
        with legible("/senders"):
            kind, description = answer.get("type") or "", answer.get("description") or ""
            return Sender(answer["sender"], answer["status"], kind, description)

    def add_sender(self, name: str, *, description: str = "", reason: str = "") -> None:
        """`POST /senders`: ask for a sender, which OVHcloud reviews. Raises `GatewayProblem`, for one that exists as well."""
        asked = {"sender": name, "description": description, "reason": reason}
        self.api.post(f"{self._path}/senders", {key: value for key, value in asked.items() if value})

    def jobs(self, watch: Watch = unwatched) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """`GET /jobs`, then each: what is accepted and has not left yet.

        By the id alone where the keys lack the right `GET /sms/*/jobs/*`, which OVHcloud's guides do not ask for.
        """
        ids = self.api.ids(f"{self._path}/jobs")
        try:
            first = self.api.find(f"{self._path}/jobs/{ids[0]}") if ids else None
        except GatewayProblem as problem:
            if not problem.lacks_right:
                raise
            yield from ((one, None) for one in ids)
            return
        if first is not None:
            yield ids[0], first
        yield from self._each("jobs", ids[1:], watch, before=1)

    def incoming(self, watch: Watch = unwatched) -> Iterator[dict[str, Any]]:
        """`GET /incoming`, then each, newest first: what people answered, `sms.Incoming`."""
        ids = sorted(self.api.ids(f"{self._path}/incoming"), reverse=True)
        yield from (one for _, one in self._each("incoming", ids, watch))

    def _each(
        self, kind: str, ids: list[int], watch: Watch, *, before: int = 0
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        for done, (identity, one) in enumerate(self._objects(kind, ids), before + 1):
            watch(Progress("listing", done, before + len(ids)))
            if one is not None:
                yield identity, one

    @contextmanager
    def heeding(self, stop: Event, tell: Callable[[str], object]) -> Iterator[None]:
        """Inside, look-ups wait no longer once `stop` is set, and `tell` hears of a rest that OVHcloud asks for."""
        before = self.api.sleep, self.api.tell
        self.api.sleep, self.api.tell = stop.wait, tell
        try:
            yield
        finally:
            self.api.sleep, self.api.tell = before

    @property
    def _path(self) -> str:
        return f"/sms/{quote(self.service, safe='')}"

    def _objects(self, kind: str, ids: list[int]) -> Iterator[tuple[int, dict[str, Any] | None]]:
        asking = Asking(self.api, self._path, known=lambda _: (), stop=Event())
        return asking.objects(kind, ids)


def open_ovhcloud(
    service: str | None = None, *, keys: Keys | None = None, calls_per_minute: float = 60
) -> OvhCloud:
    """The account `service`, or the only one these keys see.

    Raises `GatewayProblem` when the keys do not work, see no account, or see several and none was named.
    """
    clients = Clients(keys or Keys())
    pace = Pace(calls_per_minute, opening=opening(calls_per_minute))
    return OvhCloud(service or _only(Api(clients, pace=pace).services()), clients, pace=pace)


def open_api(*, keys: Keys | None = None) -> Api:
    """The API before an account is chosen; rates and the list of accounts are there."""
    return Api(Clients(keys or Keys()), pace=Pace(0))


def list_accounts(*, keys: Keys | None = None) -> Iterator[tuple[str, Account | None]]:
    """Every SMS account these keys see, with its details; None for the details where the right `GET /sms/*` is missing."""
    return _accounts(open_api(keys=keys))


def _accounts(api: Api) -> Iterator[tuple[str, Account | None]]:
    for name in api.services():
        try:
            yield name, account_of(name, api.get(f"/sms/{quote(name, safe='')}"))
        except GatewayProblem as problem:
            if not problem.lacks_right:
                raise
            yield name, None


def account_of(name: str, answer: Any) -> Account:
    """An `sms.Account`. Raises `GatewayProblem` when the answer is none."""
    with legible(f"/sms/{name}"):
        # To the millionth: a sum of fractions that was made in binary arrives as 1.2000000000000002.
        credits_left = credits_of(answer["creditsLeft"])
        if credits_left is None:
            raise ValueError("creditsLeft is no number")
        return Account(
            name=name,
            description=answer.get("description") or "",
            status=answer["status"],
            credits_left=credits_left,
            channel=answer.get("channel") or "",
        )


def _only(services: list[str]) -> str:
    match services:
        case [one]:
            return one
        case []:
            raise GatewayProblem(
                "these keys see no SMS account", remedy="Order one, or use keys of its owner."
            )
        case _:
            raise GatewayProblem(
                f"these keys see {len(services)} SMS accounts: {', '.join(services)}",
                remedy="Name one with --account NAME, or `account` in the settings.",
            )
