"""How the sandbox stands, for the page: each phone's messages, figures, held messages, faults, last calls, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smscampaign.message.parts import measure
from smscampaign.model import Recipient
from smscampaign.sandbox.credentials import listed
from smscampaign.sandbox.fates import BUFFERED, DELIVERED, FAILED, PTTS, WAITING, fate
from smscampaign.sandbox.rates import number as figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from smscampaign.sandbox.inbox import MessagePlace, Phones
    from smscampaign.sandbox.lastcalls import LastCalls
    from smscampaign.sandbox.mailbox import Reply
    from smscampaign.sandbox.world import World

_HELD = 6
_CALLS = 15
_KEYS = 5
_EXCERPT = 60
# Answers the page looks at: a few milliseconds, however many there are.
_ANSWERS = 2000
_STATES = {DELIVERED: "delivered", FAILED: "failed", WAITING: "waiting", BUFFERED: "buffered"}


class Standing:
    """The parts of the page as JSON. Dates are RFC 3339 in the sandbox's zone."""

    def __init__(self, world: World, calls: LastCalls) -> None:
        self._world, self._calls = world, calls

    def clock(self) -> dict[str, object]:
        """`at` in seconds since the epoch, the zone's `offset` in seconds then, and the `speed`."""
        clock = self._world.clock
        now = clock.now()
        shift = clock.local(now).utcoffset()
        return {"at": now, "offset": shift.total_seconds() if shift else 0, "speed": clock.speed}

    def sections(self) -> dict[str, object]:
        """Everything but the phones."""
        return {
            "figures": self._figures(),
            "held": self._held(),
            "faults": self._world.injector.state(),
            "calls": self._last_calls(),
            "keys": self._waiting_keys(),
        }

    def _waiting_keys(self) -> list[dict[str, object]]:
        """The keys that wait for a person, newest first."""
        waiting = [one for one in listed(self._world) if one["status"] == "pendingValidation"]
        return [{"key": one["consumerKey"], "rules": one["rules"]} for one in reversed(waiting[-_KEYS:])]

    def _figures(self) -> dict[str, object]:
        store = self._world.store
        accounts: Sequence[tuple[str, Decimal]] = store.accounts()
        return {
            "accounts": [{"name": name, "creditsLeft": figure(left)} for name, left in accounts],
            "messages": store.messages,
            "calls": store.calls,
            "barred": sum(len(store.barred(name)) for name, _ in accounts),
        }

    def _held(self) -> dict[str, object]:
        clock = self._world.clock
        total, more, soonest = self._world.store.held(clock.now(), limit=_HELD)
        return {
            "total": total,
            "more": more,
            "calls": [
                {"count": left, "until": clock.text(call.due), "text": call.message[:_EXCERPT]}
                for call, left in soonest
            ],
        }

    def _last_calls(self) -> list[dict[str, object]]:
        text = self._world.clock.text
        return [
            {
                "number": one.number,
                "at": text(one.at),
                "method": one.method,
                "path": one.path(),
                "status": one.status,
                "over": one.over,
                "answer": one.excerpt(),
            }
            for one, _ in zip(self._calls.newest(), range(_CALLS), strict=False)
        ]

    def phones(self, found: Phones) -> dict[str, object]:
        """Each phone with its messages and answers, oldest first."""
        accounts = [name for name, _ in self._world.store.accounts()]
        barred = frozenset[str]().union(*(self._world.store.barred(name) for name in accounts))
        answers: dict[str, list[Reply]] = {}
        for one in self._heard(list(found)):
            answers.setdefault(one.sender, []).append(one)
        return {
            number: {
                "country": self._country(number),
                "barred": number in barred,
                "messages": self._conversation(messages, answers.get(number, [])),
            }
            for number, messages in found.items()
        }

    def _heard(self, numbers: Sequence[str]) -> Sequence[Reply]:
        """The answers from these numbers, among the latest of all."""
        marks = ", ".join("?" * len(numbers))
        where = f"sender IN ({marks}) AND id > (SELECT max(id) FROM incoming) - ?"  # noqa: S608
        return self._world.store.mail.select(where, (*numbers, _ANSWERS))

    def _country(self, number: str) -> str:
        (read,) = self._world.numbers.column([number])
        return read.country if isinstance(read, Recipient) else ""

    def _conversation(
        self, messages: Sequence[MessagePlace], answers: Sequence[Reply]
    ) -> list[Mapping[str, object]]:
        dated = [(written.call.due, 0, written.id, self._sent(written)) for written in messages]
        dated += [(one.created, 1, one.id, self._answered(one)) for one in answers]
        return [one for *_, one in sorted(dated, key=lambda entry: entry[:3])]

    def _answered(self, one: Reply) -> Mapping[str, object]:
        return {
            "key": f"in-{one.id}",
            "way": "in",
            "text": one.message,
            "at": self._world.clock.text(one.created),
        }

    def _sent(self, written: MessagePlace) -> Mapping[str, object]:
        call, text = written.call, self._world.clock.text
        return {
            "key": f"out-{written.id}",
            "way": "out",
            "sender": call.sender,
            "text": call.shown,
            "at": text(call.due),
            "parts": call.parts,
            "units": call.units,
            "encoding": measure(call.message).encoding,
            "credits": float(call.costs()[written.place]),
            "tag": call.tag,
            **self._state(written),
        }

    def _state(self, written: MessagePlace) -> Mapping[str, object]:
        """Where the message stands: held, cancelled, sent, waiting, buffered, delivered, failed or expired."""
        world, call = self._world, written.call
        now, text = world.clock.now(), world.clock.text
        mark = world.store.marks(written.id, written.id).get(written.id)
        if mark is not None and mark.kind == "cancelled":
            return {"state": "cancelled"}
        if now < call.due:
            return {"state": "held", "until": text(call.due)}
        if call.lapsed:
            return {"state": "expired"}
        what = fate(call, written.id, now=now, settings=world.settings)
        return {
            "state": _STATES.get(what.receipt, "sent"),
            "delivered": None if what.delivered_at is None else text(what.delivered_at),
            "why": PTTS[what.ptt][0] if what.receipt == FAILED else None,
        }
