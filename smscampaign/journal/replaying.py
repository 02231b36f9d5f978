"""A call's life told again from its events: which state they come to, and whether they can follow one another."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

#: The states from which each event can happen; events that are not here change nothing.
_FROM = {
    "sending": ("pending",),
    "accepted": ("sending", "in-doubt"),
    "refused": ("sending", "in-doubt"),
    "in-doubt": ("sending", "in-doubt"),
    "pending": ("sending", "in-doubt"),
    "cancelled": ("pending",),
    # A call that was found in part may have been dropped for the rest.
    "recalling": ("accepted", "in-doubt", "cancelled"),
    "recalled": ("accepted", "in-doubt", "cancelled"),
    "left": ("accepted", "in-doubt", "cancelled"),
    # Nobody is in it who waits: split off without them, or all of them were excluded when it was to be claimed.
    "settled": ("pending",),
}
_STATES = frozenset(("sending", "accepted", "refused", "in-doubt", "pending", "cancelled"))


@dataclass(slots=True)
class Replayed:
    """What a call's events come to: its state, how often it was made, whether others took its place, and the first faults.

    `twice` is about a call that was made when it may have been taken already, `impossible` about any other order of events.
    """

    state: str = "pending"
    tries: int = 0
    replaced: bool = False
    twice: str = ""
    impossible: str = ""


def replay(events: Iterable[tuple[str, str, str | None]]) -> Replayed:
    """The events of one call in their order: what, detail and facts."""
    told = Replayed()
    for what, detail, facts in events:
        if what == "split":
            told.replaced = "into" in json.loads(facts or "{}")
        elif what in _FROM and told.state not in _FROM[what]:
            _fault(told, what)
        if what == "sending":
            told.tries += 1
        if what in _STATES:
            told.state = what
        elif what == "settled":
            told.state = detail
    return told


def _fault(told: Replayed, what: str) -> None:
    fault = f"{what} after {told.state}"
    if what == "sending":
        told.twice = told.twice or fault
    else:
        told.impossible = told.impossible or fault
