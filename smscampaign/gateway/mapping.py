"""The one map from what HTTP did to what became of a chunk.

| happened | outcome |
|---|---|
| connection refused, name not found, connect timeout, certificate refused | `NotSent` |
| 429 | `NotSent` and too fast, with `Retry-After` if it is there |
| 200 with the lists the schema promises | `Accepted` |
| 400 with a JSON object | `Refused` |
| 400 for signature, clock, sender or credits; 401, 402, 403, 404, 409, 460, all with a JSON object | `Refused` and stop |
| 301, 307, 308, which are never followed | `Refused` and stop |
| 302, 303 and every other 3xx, which are never followed | `InDoubt` and stop |
| everything else: read timeout, dropped connection, 5xx, any answer that cannot be read | `InDoubt` |

A refused signature and a time that is out are answered at the door as well: `speaks_of_the_clock` tells them from the others.

Sources: the error bodies documented at https://help.ovhcloud.com and the schema https://eu.api.ovh.com/1.0/sms.json.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from smscampaign.errors import GatewayProblem
from smscampaign.model import Accepted, InDoubt, NotSent, Outcome, Refused

#: Failures that happen before the first byte of a request can leave.
_BEFORE_SENDING = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)

#: What a 400 says when the fault lies in the account, the keys or the clock, so that the next chunk would meet it too.
_SETUP = re.compile(
    r"\bsender\b|signature|out of time|\bcredits?\b|service does not exist|expired", re.IGNORECASE
)

_STOPPING = frozenset({401, 402, 403, 404, 409, 460})

#: Redirects that ask for the same request elsewhere, so that nothing was done with it here (RFC 9110, 15.4).
_ELSEWHERE = frozenset({301, 307, 308})


class Redirected(requests.RequestException):
    """An answer that leads to another address. It is never followed: whoever is there would read numbers, texts and keys."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the address answers with a redirect ({status}), which is never followed")
        self.status = status


def redirected(error: BaseException) -> Redirected | None:
    """The redirect that a call failed at, if it did."""
    return next((cause for cause in _causes(error) if isinstance(cause, Redirected)), None)


def outcome_of_failure(error: BaseException) -> NotSent | InDoubt | Refused:
    """What a failed call means; only what provably happened before sending is `NotSent`."""
    kind = type(error).__name__
    if away := redirected(error):
        if away.status in _ELSEWHERE:
            return Refused("REDIRECT", str(away), stops=True)
        return InDoubt(f"{away}: OVHcloud may have taken the call", stops=True)
    if any(isinstance(cause, _BEFORE_SENDING) for cause in _causes(error)):
        return NotSent(f"OVHcloud could not be reached ({kind})")
    return InDoubt(f"the call was cut off ({kind}): OVHcloud may have taken it")


def outcome_of_answer(response: requests.Response) -> Outcome:
    """What an answer to `POST /sms/{serviceName}/jobs` means."""
    status = response.status_code
    if status == 429:
        return NotSent("OVHcloud asks to slow down (429)", too_fast=True, retry_after=retry_after(response))
    body = body_of(response)
    if status == 200:
        return _accepted(body) or InDoubt(f"an answer that cannot be read{query_of(response)}")
    if 400 <= status < 500 and isinstance(body, dict) and isinstance(body.get("message"), str):
        code = str(body.get("errorCode") or status)
        senders = " (`smscampaign senders` lists yours)" if "Sms sender" in body["message"] else ""
        detail = body["message"] + senders + query_of(response)
        if status in _STOPPING or _SETUP.search(body["message"]) or code == "INVALID_SIGNATURE":
            return Refused(code, detail, stops=True)
        if status == 400:
            return Refused(code, detail)
    return InDoubt(f"HTTP {status}{query_of(response)}: OVHcloud may have taken the call")


def body_of(response: requests.Response) -> Any:
    """The answer as JSON with exact decimals, or None when it is not JSON."""
    try:
        return json.loads(response.content, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def credits_of(value: Any) -> Decimal | None:
    """Credits to the millionth, or None for what is no number.

    Sums of fractions that were made in binary arrive as 1.2000000000000002; what they stand for is 1.2.
    """
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return None
    try:
        rounded = Decimal(value).quantize(Decimal("0.000001"))
    except InvalidOperation:
        return None
    return Decimal(value) if rounded == value else Decimal(repr(float(rounded)))


def query_of(response: requests.Response) -> str:
    """OVHcloud's own name for the call, for its support."""
    query = response.headers.get("X-Ovh-QueryID")
    return f" [query {query}]" if query else ""


def retry_after(
    response: requests.Response, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> float | None:
    """The seconds of a `Retry-After` header, which holds seconds or a date (RFC 9110, 10.2.3); None when it holds neither.

    A date is measured from the answer's own `Date`, because this machine's clock may be off. Never more than ten minutes: a
    rest for years is a mistake, and the call can be tried again.
    """
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return min(float(value), _LONGEST_REST)
    until = _date(value)
    if until is None:
        return None
    since = _date(response.headers.get("Date", "")) or now()
    return min(max((until - since).total_seconds(), 0.0), _LONGEST_REST)


def speaks_of_the_clock(outcome: object) -> bool:
    """Whether a refusal may be about a clock that went wrong since `/auth/time` was read; nothing was taken then."""
    if not isinstance(outcome, Refused):
        return False
    return outcome.code in _CLOCK_CODES or "out of time" in outcome.detail.lower()


#: Seconds.
_LONGEST_REST = 600.0

_CLOCK_CODES = frozenset({"INVALID_SIGNATURE", "QUERY_TIME_OUT"})


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


_PROMISED = ("ids", "validReceivers", "invalidReceivers", "totalCreditsRemoved")


def _accepted(body: Any) -> Accepted | None:
    if not isinstance(body, dict):
        return None
    ids, valid, invalid, removed = (body.get(name) for name in _PROMISED)
    credits = credits_of(removed)
    if credits is None or not (_all(ids, int) and _all(valid, str) and _all(invalid, str)):
        return None
    return Accepted(
        ids=tuple(ids),
        receivers=tuple(valid),
        invalid=tuple(invalid),
        credits=credits,
        credits_left=credits_of(body.get("creditsLeft")),
    )


def _all(values: Any, kind: type) -> TypeGuard[list[Any]]:
    return isinstance(values, list) and all(type(value) is kind for value in values)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all it wraps: requests and urllib3 keep the first cause as an argument or a reason.

    Not its context: that may be an earlier call's failure, which proves nothing about this one.
    """
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, getattr(one, "reason", None), *one.args]


@contextmanager
def legible(path: str) -> Iterator[None]:
    """What is missing in an answer, or is of another kind than the schema promises, as one problem."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise GatewayProblem("OVHcloud's answer cannot be read", where=f"GET {path}") from error
