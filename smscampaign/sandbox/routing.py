"""Which function answers which call: `METHOD /path/{variable}` keys in a tree of path segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from smscampaign.sandbox import accounts, history
from smscampaign.sandbox.sending import send

if TYPE_CHECKING:
    from smscampaign.sandbox.world import Ask, World

Answerer = Callable[["World", "Ask"], object]
_ACCOUNT = "/sms/{serviceName}"
ROUTES: Mapping[str, Answerer] = {
    "GET /auth/time": accounts.server_time,
    "GET /auth/currentCredential": accounts.current_credential,
    "GET /me": accounts.me,
    "GET /sms": accounts.accounts,
    "POST /sms/estimate": accounts.estimate,
    "GET /sms/ptts": accounts.ptt,
    "GET /sms/rates/destinations": accounts.destinations,
    f"GET {_ACCOUNT}": accounts.account,
    f"GET {_ACCOUNT}/senders": accounts.senders,
    f"GET {_ACCOUNT}/senders/{{sender}}": accounts.sender,
    f"GET {_ACCOUNT}/blacklists": accounts.blacklists,
    f"GET {_ACCOUNT}/blacklists/{{number}}": accounts.blacklisted,
    f"DELETE {_ACCOUNT}/blacklists/{{number}}": accounts.unlist,
    f"GET {_ACCOUNT}/incoming": accounts.none_yet,
    f"GET {_ACCOUNT}/users": accounts.none_yet,
    f"GET {_ACCOUNT}/jobs": history.jobs,
    f"POST {_ACCOUNT}/jobs": send,
    f"GET {_ACCOUNT}/jobs/{{id}}": history.job,
    f"DELETE {_ACCOUNT}/jobs/{{id}}": history.delete_job,
    f"GET {_ACCOUNT}/outgoing": history.outgoing,
    f"GET {_ACCOUNT}/outgoing/{{id}}": history.one_outgoing,
    f"DELETE {_ACCOUNT}/outgoing/{{id}}": history.delete_outgoing,
}
UNSIGNED = frozenset({"GET /auth/time", "GET /sms/rates/destinations"})


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
