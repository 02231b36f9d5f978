"""`POST /sms/{serviceName}/jobs`: one text to some hundred receivers, taken or refused in one answer.

Source: https://eu.api.ovh.com/1.0/sms.json.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import quote

import requests
from ovh.exceptions import APIError

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.clients import unreachable
from smscampaign.gateway.http import Api, problem_of
from smscampaign.gateway.mapping import (
    body_of,
    outcome_of_answer,
    outcome_of_failure,
    query_of,
    redirected,
    speaks_of_the_clock,
)
from smscampaign.gateway.protocol import Known, Question, Step
from smscampaign.gateway.questions import Asking
from smscampaign.model import Chunk, NoAnswer, NotSent, Outcome, Purpose, Refused, Terms, Trace

#: Seconds within which a call begins that was asked for. Whoever asks has just made sure that the call is still its own;
#: after a slow look at the clock it has to make sure anew, or others may have taken it for lost and made it themselves.
SOON = 5.0

_RIGHT = (
    "Make keys that also have the right DELETE /sms/*/jobs/*, or delete what waits in OVHcloud's control panel:\n"
    "https://eu.api.ovh.com/createToken/index.cgi?GET=/sms&GET=/sms/*&DELETE=/sms/*/jobs/*"
)


class Jobs:
    """Implements `Transport` in one step: the call itself."""

    name: ClassVar[str] = "jobs"
    size: ClassVar[int] = 500
    mixed_texts: ClassVar[bool] = False

    def __init__(self, api: Api, service: str) -> None:
        self._api = api
        self._path = f"/sms/{quote(service, safe='')}"

    def why_not(self, body: str, terms: Terms) -> str | None:
        """It takes every text."""
        return None

    def steps(self, chunk: Chunk, done: Sequence[Step]) -> Iterator[Step | Outcome]:
        """The outcome of the one call."""
        yield self.submit(chunk)

    def submit(self, chunk: Chunk) -> Outcome:
        """`POST /sms/{serviceName}/jobs`, once. The pace is kept by whoever calls.

        Twice only where the first was turned away at the door for its signature or its time: while a laptop sleeps its clock
        goes wrong, and is looked at again.
        """
        began = monotonic()
        outcome = self._submit(chunk, began)
        if not speaks_of_the_clock(outcome):
            return outcome
        self._api.clients.renew()
        return self._submit(chunk, began)

    def _submit(self, chunk: Chunk, began: float) -> Outcome:
        try:
            client = self._api.clients.get()
        except GatewayProblem as error:
            return NotSent(error.what)
        except (requests.RequestException, APIError) as error:
            if away := redirected(error):
                return Refused("REDIRECT", str(away), stops=True)
            return NotSent(f"signing in failed before the call ({type(error).__name__})")
        if monotonic() - began > SOON:
            return NotSent("signing in took so long that the call is made at the next try")
        try:
            now = datetime.now(UTC) + self._api.clients.ahead
            response = client.raw_call("POST", f"{self._path}/jobs", job_of(chunk, now=now))
        except Exception as error:  # noqa: BLE001 - whatever it is, the request may have left: that is the outcome
            return outcome_of_failure(error)
        return outcome_of_answer(response)

    def traces(
        self, questions: Sequence[Question], *, known: Known, stop: Event
    ) -> Iterator[tuple[Question, Trace | NoAnswer]]:
        """`GET /outgoing?tag=`, `GET /jobs` for what is still waiting there, and `/outgoing` again."""
        return Asking(self._api, self._path, known=known, stop=stop).answers(questions)

    def recall(self, message: int) -> bool | NoAnswer:
        """`DELETE /jobs/{id}`, once: whether an answer that was lost had deleted it is seen by asking again."""
        path = f"{self._path}/jobs/{message}"
        self._api.pace.wait(self._api.sleep)
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


def job_of(chunk: Chunk, *, now: datetime) -> dict[str, Any]:
    """The body of `POST /jobs`; `now` is OVHcloud's time, from which it counts.

    A sender and a request for a short number exclude each other: the latter would win.
    """
    terms = chunk.terms
    job: dict[str, Any] = {
        "charset": "UTF-8",
        "message": chunk.body,
        "receivers": list(chunk.receivers),
        "tag": chunk.tag,
        "noStopClause": terms.purpose is Purpose.TRANSACTIONAL,
    }
    job |= {"sender": chunk.sender} if chunk.sender else {"senderForResponse": True}
    optional = {
        "priority": terms.priority,
        "validityPeriod": terms.validity,
        "differedPeriod": _minutes_until(terms.send_at, now),
        "class": terms.message_class,
        "coding": terms.coding,
    }
    return job | {name: value for name, value in optional.items() if value is not None}


def _minutes_until(moment: datetime | None, now: datetime) -> int | None:
    if moment is None or moment <= now:
        return None
    return math.ceil((moment - now) / timedelta(minutes=1))


def _gone(response: requests.Response, path: str) -> bool:
    """Of a 404: false when it is the message that is not there, an error when it is the account."""
    body = body_of(response)
    if isinstance(body, dict) and "service does not exist" in str(body.get("message")).lower():
        raise problem_of(response, path)
    return False


def _refused(response: requests.Response, path: str) -> GatewayProblem:
    problem: Any = problem_of(response, path)
    remedy = _RIGHT if problem.lacks_right else problem.remedy
    return GatewayProblem(problem.what, where=f"DELETE {path}", remedy=remedy, code=problem.code)
