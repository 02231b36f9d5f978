"""Reading calls of OVHcloud's API over HTTP: their answers as JSON, and what can go wrong with them."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from time import sleep
from typing import Any
from urllib.parse import urlencode

import requests
from ovh.exceptions import APIError

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.clients import (
    NO_KEYS,
    TIMEOUT,
    Clients,
    Session,
    base_url,
    keep_at_home,
    unreachable,
)
from smscampaign.gateway.mapping import (
    body_of,
    credits_of,
    legible,
    outcome_of_answer,
    query_of,
    retry_after,
    speaks_of_the_clock,
)
from smscampaign.gateway.pace import Pace
from smscampaign.packs import SOLD_IN

_REMEDIES = {
    "INVALID_KEY": "The application key is wrong, or belongs to another region than OVH_ENDPOINT.",
    "INVALID_CREDENTIAL": "The consumer key is wrong, expired or was never validated in the browser.",
    "NOT_CREDENTIAL": "The consumer key is unknown to OVHcloud.",
    "INVALID_SIGNATURE": "The application secret is wrong, or the consumer key is not validated yet.",
    "NOT_GRANTED_CALL": "The keys lack this right: make new ones with GET /sms, GET /sms/*, GET and POST /sms/*/jobs.",
}

#: To whom OVHcloud does not say who he is.
_STRANGERS = frozenset({NO_KEYS, *_REMEDIES})

#: Seconds that a look-up rests in all before a 429 is what it says, and from which on a rest is told.
PATIENCE, TELLING = 60.0, 3.0


class Api:
    """Reading calls: their answers as JSON, and what can go wrong with them in the operator's words."""

    def __init__(
        self, clients: Clients, *, pace: Pace, sleep: Callable[[float], object] | None = None
    ) -> None:
        self.clients = clients
        self.pace = pace
        #: Answers whether the wait was cut short, as the `wait` of an event does; None is the usual one.
        self.sleep = sleep
        self.tell: Callable[[str], object] = lambda _: None
        #: Where the owner of the keys is a customer, once it was asked; empty where nobody says.
        self._subsidiary: str | None = None

    def get(self, path: str, **query: str) -> Any:
        """The answer's JSON. Raises `GatewayProblem` with what to do."""
        response = self._call(path, query)
        if response.status_code != 200:
            raise problem_of(response, path)
        return body_of(response)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Ask for something new, once; the answer's JSON. Raises `GatewayProblem`: when no answer came it may be there."""
        self.pace.wait(self.sleep)
        try:
            response: requests.Response = self.clients.get().raw_call("POST", path, body)
        except (requests.RequestException, APIError) as error:
            raise unreachable(error) from error
        if response.status_code not in {200, 201}:
            raise problem_of(response, path, method="POST")
        return body_of(response)

    def find(self, path: str) -> dict[str, Any] | None:
        """One object, or None when there is none (404): it left meanwhile."""
        response = self._call(path, {})
        if response.status_code == 404:
            return None
        answer = body_of(response)
        if response.status_code != 200 or not isinstance(answer, dict):
            raise problem_of(response, path)
        return answer

    def ids(self, path: str, **query: str) -> list[int]:
        """A list of ids."""
        answer = self.get(path, **query)
        if not isinstance(answer, list) or any(type(one) is not int for one in answer):
            raise GatewayProblem("OVHcloud answered something else than a list of ids", where=f"GET {path}")
        return answer

    def services(self) -> list[str]:
        """`GET /sms`: the names of the accounts these keys see."""
        names = self.get("/sms")
        if not isinstance(names, list) or any(type(one) is not str for one in names):
            raise GatewayProblem("OVHcloud answered something else than a list of accounts", where="GET /sms")
        return names

    def rate(self, country: str) -> Decimal | None:
        """Credits for one part to a country, or None where OVHcloud names none.

        They are those of the country where the owner of the keys buys, where that is known, and else OVHcloud's usual ones.
        """
        bought = self.bought_in()
        billing = {"billingCountry": bought.lower()} if bought else {}
        response = self._unsigned("/sms/rates/destinations", country=country.lower(), **billing)
        if response.status_code in {400, 404}:
            return None
        answer = body_of(response)
        rate = credits_of(answer.get("credit")) if isinstance(answer, dict) else None
        if response.status_code != 200 or rate is None:
            raise problem_of(response, "/sms/rates/destinations")
        return rate

    def bought_in(self) -> str | None:
        """Where the owner of the keys buys credits, by `GET /me`: the only call of the product that asks who it is.

        None where there are no keys that may ask it, and where OVHcloud sells no credits.
        """
        if self._subsidiary is None:
            self._subsidiary = self._whose()
        return self._subsidiary if self._subsidiary in SOLD_IN else None

    def _whose(self) -> str:
        try:
            owner = self.get("/me")
        except GatewayProblem as problem:
            if problem.code not in _STRANGERS:
                raise
            return ""
        with legible("/me"):
            country: str = owner["ovhSubsidiary"].upper()
        return country

    def packs(self, country: str) -> Any:
        """`GET /sms/rates/packs` for credits that are bought in a country; a credit costs the same wherever it is spent."""
        path, bought = "/sms/rates/packs", country.lower()
        response = self._unsigned(path, country=bought, billingCountry=bought)
        if response.status_code != 200:
            raise problem_of(response, path)
        return body_of(response)

    def _unsigned(self, path: str, **query: str) -> requests.Response:
        url = f"{base_url(self.clients.endpoint)}{path}"
        with Session() as session:
            keep_at_home(session, url)
            return self._patiently(lambda: session.get(url, params=query, timeout=TIMEOUT))

    def _call(self, path: str, query: dict[str, str]) -> requests.Response:
        target = f"{path}?{urlencode(query)}" if query else path
        response = self._get(target)
        if response.status_code == 400 and speaks_of_the_clock(outcome_of_answer(response)):
            self.clients.renew()
            return self._get(target)
        return response

    def _get(self, target: str) -> requests.Response:
        return self._patiently(lambda: self.clients.get().raw_call("GET", target))

    def _patiently(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """The answer to a GET; where it comes too fast (429), to one after the rest that was asked for."""
        rested, pause = 0.0, 1.0
        while True:
            self.pace.wait(self.sleep)
            try:
                response = ask()
            except (requests.RequestException, APIError) as error:
                refused = getattr(error, "response", None)  # a look at the clock is answered 429 as well
                if refused is None or refused.status_code != 429:
                    raise unreachable(error) from error
                response = refused
            rest = retry_after(response) or pause
            if response.status_code != 429 or rested + rest > PATIENCE:
                return response
            if self.pace.slower(rest) and rest >= TELLING:
                self.tell(f"OVHcloud asks to wait for {math.ceil(rest)} s; then the questions go on.")
            if (self.sleep or sleep)(rest):
                return response
            rested, pause = rested + rest, pause * 2


def problem_of(response: requests.Response, path: str, *, method: str = "GET") -> GatewayProblem:
    """A refused call in the operator's words."""
    body = body_of(response)
    known = body if isinstance(body, dict) else {}
    message = known.get("message") or f"HTTP {response.status_code}"
    remedy = _REMEDIES.get(str(known.get("errorCode")), "")
    nobodys = "service does not exist" in str(message).lower()
    if response.status_code == 404 and (nobodys or path.count("/") == 2):
        remedy = "Check the account's name; `smscampaign accounts` lists those your keys see."
    what = f"OVHcloud says: {message}{query_of(response)}"
    code = str(known.get("errorCode") or response.status_code)
    return GatewayProblem(what, where=f"{method} {path}", remedy=remedy, code=code)
