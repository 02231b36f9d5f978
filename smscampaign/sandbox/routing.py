"""Which function answers which call: `METHOD /path/{variable}` keys in a tree of path segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from smscampaign.sandbox import (
    accounts,
    batches,
    credentials,
    documents,
    history,
    packs,
    replies,
    senders,
    slots,
)
from smscampaign.sandbox.jobs import send

if TYPE_CHECKING:
    from smscampaign.sandbox.world import Ask, World

Answerer = Callable[["World", "Ask"], object]
_ACCOUNT = "/sms/{serviceName}"
_MESSAGES: Mapping[str, Answerer] = {
    "GET /document": documents.export,
    "GET /incoming": replies.incoming,
    "GET /incoming/{id}": replies.one_incoming,
    "DELETE /incoming/{id}": replies.delete_incoming,
    "GET /jobs": history.jobs,
    "POST /jobs": send,
    "GET /jobs/{id}": history.job,
    "DELETE /jobs/{id}": history.delete_job,
    "GET /outgoing": history.outgoing,
    "GET /outgoing/{id}": history.one_outgoing,
    "DELETE /outgoing/{id}": history.delete_outgoing,
    "GET /receivers": slots.slots,
    "POST /receivers": slots.create,
    "GET /receivers/{slotId}": slots.show,
    "PUT /receivers/{slotId}": slots.change,
    "DELETE /receivers/{slotId}": slots.delete,
    "POST /receivers/{slotId}/clean": slots.clean,
    "GET /receivers/{slotId}/csv": slots.csv_of,
}
_OF_AN_ACCOUNT: Mapping[str, Answerer] = {
    "GET ": accounts.account,
    "PUT ": accounts.change_account,
    "GET /batches": batches.batches,
    "POST /batches": batches.create,
    "GET /batches/{id}": batches.one,
    "PUT /batches/{id}": batches.rename,
    "DELETE /batches/{id}": batches.delete,
    "POST /batches/{id}/cancel": batches.cancel,
    "GET /batches/{id}/statistics": batches.statistics,
    "GET /blacklists": accounts.blacklists,
    "GET /blacklists/{number}": accounts.blacklisted,
    "DELETE /blacklists/{number}": accounts.unlist,
    "GET /senders": senders.senders,
    "POST /senders": senders.create,
    "GET /senders/{sender}": senders.sender,
    "PUT /senders/{sender}": senders.change,
    "DELETE /senders/{sender}": senders.delete,
}


def _below(prefix: str, routes: Mapping[str, Answerer]) -> dict[str, Answerer]:
    pairs = ((*key.partition(" "), answer) for key, answer in routes.items())
    return {f"{method} {prefix}{path}": answer for method, _, path, answer in pairs}


ROUTES: Mapping[str, Answerer] = {
    "GET /auth/time": accounts.server_time,
    "POST /auth/credential": credentials.request_key,
    "GET /auth/currentCredential": credentials.current,
    "POST /auth/logout": credentials.log_out,
    "GET /me": accounts.me,
    "GET /me/document": documents.documents,
    "POST /me/document": documents.create,
    "GET /me/document/{id}": documents.show,
    "PUT /me/document/{id}": documents.change,
    "DELETE /me/document/{id}": documents.delete,
    "GET /sms": accounts.accounts,
    "POST /sms/estimate": accounts.estimate,
    "GET /sms/ptts": accounts.ptt,
    "GET /sms/rates/destinations": accounts.destinations,
    "GET /sms/rates/packs": packs.packs,
    **_below(_ACCOUNT, _OF_AN_ACCOUNT),
    **_below(_ACCOUNT, _MESSAGES),
}
UNSIGNED = frozenset(
    {
        "GET /auth/time",
        "POST /auth/credential",
        "GET /sms/rates/destinations",
        "GET /sms/rates/packs",
    }
)
"""Calls without a signature; `POST /auth/credential` needs the application's key."""


@dataclass(frozen=True, slots=True)
class Match:
    """A route that was found: its key, its function, and the path's variables, decoded."""

    key: str
    answer: Answerer
    variables: Mapping[str, str]


@dataclass(slots=True)
class _Node:
    named: dict[str, _Node] = field(default_factory=dict)
    variable: tuple[str, _Node] | None = None
    answers: dict[str, tuple[str, Answerer]] = field(default_factory=dict)


class Router:
    """Finds the route of a call in the order of its segments; a fixed segment goes before a variable."""

    def __init__(self, routes: Mapping[str, Answerer]) -> None:
        self._root = _Node()
        for key, answer in routes.items():
            method, _, path = key.partition(" ")
            node = self._root
            for segment in path.strip("/").split("/"):
                node = _descend(node, segment)
            node.answers[method] = (key, answer)

    def find(self, method: str, path: str) -> Match | None:
        """The route of a raw path (still percent-encoded, so that `%2F` stays within its segment)."""
        node = self._root
        variables: dict[str, str] = {}
        for segment in path.strip("/").split("/"):
            text = unquote(segment)
            if text in node.named:
                node = node.named[text]
            elif node.variable is not None:
                name, node = node.variable
                variables[name] = text
            else:
                return None
        found = node.answers.get(method)
        return None if found is None else Match(*found, variables)


def _descend(node: _Node, segment: str) -> _Node:
    if not segment.startswith("{"):
        return node.named.setdefault(segment, _Node())
    if node.variable is None:
        node.variable = (segment.strip("{}"), _Node())
    return node.variable[1]
