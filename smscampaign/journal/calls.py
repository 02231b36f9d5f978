"""What every verb of the queue is made of: reading calls whole, moving one, and telling the story of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, insert, select, update

from smscampaign.journal import schema, statements
from smscampaign.journal.store import STREAM, Journal, Record
from smscampaign.model import Chunk, Status, Terms

#: The event of a try of which OVHcloud is known to have taken a part.
IN_PART = "in-part"

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that was taken out of the queue: `lines` and `countries` stand in the order of its receivers.

    `whole` is false when OVHcloud decided about some of its receivers before, so that they are no longer in it; those who are
    suppressed are not in it either, and OVHcloud never hears of them. `ids` and `credits` are what earlier tries brought:
    messages of it that OVHcloud has, and what it took for them where it said so.
    """

    id: int
    chunk: Chunk
    lines: tuple[int, ...]
    countries: tuple[str, ...]
    parts: int
    claimed_at: datetime
    doubted_at: datetime | None
    attempts: int
    whole: bool
    ids: tuple[int, ...] = ()
    credits: Decimal | None = None
    #: Steps of earlier tries by name, with their facts, of calls that take several.
    steps: tuple[tuple[str, Mapping[str, str]], ...] = ()


class CallEvent(NamedTuple):
    """An event of a call: `detail` is for people, `line` and `facts` are for the program."""

    chunk: int
    what: str
    detail: str = ""
    line: int | None = None
    facts: dict[str, int] | None = None


class Calls:
    """The calls of one campaign in its journal."""

    def __init__(self, journal: Journal, record: Record, *, sender: str | None, terms: Terms) -> None:
        self._journal = journal
        self._record = record
        self._sender = sender
        self._terms = terms

    @property
    def journal(self) -> Journal:
        """The journal this queue is kept in."""
        return self._journal

    @property
    def campaign(self) -> Record:
        """The campaign whose calls these are."""
        return self._record

    @property
    def begun(self) -> datetime:
        """Since when calls of this campaign may have been made."""
        return self._record.begun_at or self._record.sealed_at or self._journal.clock()

    def known(self, ids: Collection[int]) -> set[int]:
        """Which of these message ids OVHcloud gave to calls whose outcome is recorded, in any campaign of this journal."""
        chunk, wanted = schema.chunk.c, set(ids)
        found: set[int] = set()
        if not wanted:
            return found
        with self._journal.reading() as connection:
            rows = connection.execute(
                # By campaign, because the index on states begins with it.
                select(chunk.ids).where(
                    chunk.campaign.in_(select(schema.campaign.c.id)),
                    chunk.state == "accepted",
                    chunk.ids.is_not(None),
                ),
                execution_options=STREAM,
            ).scalars()
            for text in rows:
                found |= wanted.intersection(map(int, text.strip("[]").split(",") if text != "[]" else ()))
        return found

    def newest_known(self) -> int:
        """The largest message id that OVHcloud gave to a call of this campaign; 0 where there is none."""
        chunk = schema.chunk.c
        with self._journal.reading() as connection:
            rows = connection.execute(
                select(chunk.ids).where(chunk.campaign == self._record.id, chunk.ids.is_not(None)),
                execution_options=STREAM,
            ).scalars()
            return max((max(ids_of(text), default=0) for text in rows), default=0)

    def _ids(self) -> Select[int]:
        return select(schema.chunk.c.id).where(schema.chunk.c.campaign == self._record.id)

    def _claims(self, connection: Connection, ids: Sequence[int]) -> list[Claim]:
        these = {"of": self._record.id, "these": ids}
        heads = connection.execute(statements.HEADS, these).all()
        members: dict[int, list[tuple[int, int, str]]] = {identity: [] for identity in ids}
        suppressed: Counter[int] = Counter()
        for identity, verdict, *member in connection.execute(statements.MEMBERS, these):
            if verdict is None:
                members[identity].append(tuple(member))
            else:
                suppressed[identity] += 1
        steps: dict[int, list[tuple[str, Mapping[str, str]]]] = {}
        # Only what was tried before can have any: the others are not asked about.
        if tried := [head.id for head in heads if head.attempts]:
            for identity, name, facts in connection.execute(statements.STEPS, these | {"these": tried}):
                steps.setdefault(identity, []).append((name, json.loads(facts)))
        return [
            self._claim(head, members[head.id], suppressed[head.id], steps=steps.get(head.id, ()))
            for head in heads
        ]

    def _claim(
        self,
        head: Any,
        members: list[tuple[int, int, str]],
        suppressed: int,
        *,
        steps: Sequence[tuple[str, Mapping[str, str]]],
    ) -> Claim:
        chunk = Chunk(
            tag=tag_of(self._record.tag, head.id),
            sender=self._sender,
            body=head.body,
            receivers=tuple([f"+{msisdn}" for _, msisdn, _ in members]),
            terms=self._terms,
        )
        return Claim(
            id=head.id,
            chunk=chunk,
            lines=tuple([line for line, _, _ in members]),
            countries=tuple([country for _, _, country in members]),
            parts=head.parts,
            claimed_at=head.claimed_at,
            doubted_at=head.doubted_at,
            attempts=head.attempts,
            whole=len(members) + suppressed == head.receivers,
            ids=ids_of(head.ids),
            credits=head.credits,
            steps=tuple(steps),
        )

    def note(self, claim: Claim, name: str, facts: Mapping[str, str]) -> None:
        """A step of a claimed call; durable when this returns, so that the next one can be taken."""
        with self._journal.writing(together=True) as connection:
            connection.execute(
                insert(schema.step).values(
                    campaign=self._record.id,
                    call=claim.id,
                    at=self._journal.clock(),
                    name=name,
                    facts=json.dumps(dict(facts)),
                )
            )

    def _verdicts(
        self, connection: Connection, claim: Claim, receivers: Iterable[str], status: Status, detail: str
    ) -> None:
        named = set(receivers)
        rows = [
            {"campaign": self._record.id, "line": line, "status": status.value, "detail": detail}
            for line, receiver in zip(claim.lines, claim.chunk.receivers, strict=True)
            if receiver in named
        ]
        if rows:
            connection.execute(insert(schema.verdict), rows)

    def _settle_empty(self, connection: Connection, identity: int) -> None:
        """A call in which nobody waits any more is never made."""
        fate = schema.fate.c
        mine = (fate.campaign == self._record.id) & (fate.call == identity)
        fates = set(connection.execute(select(fate.verdict).where(mine).distinct()).scalars())
        taken = not fates.isdisjoint(("accepted", "cancelled"))
        state = "accepted" if taken else "suppressed" if fates == {"suppressed"} else "refused"
        chunk = schema.chunk.c
        ours = update(schema.chunk).where(chunk.campaign == self._record.id, chunk.id == identity)
        connection.execute(ours.values(state=state, settled_at=self._journal.clock()))
        self._tell(connection, [CallEvent(identity, "settled", state)])

    def _reached(self, connection: Connection, identity: int) -> bool:
        """Whether OVHcloud took some of a call, by a fate of their own: such a call is never refused as a whole."""
        fate = schema.fate.c
        mine = (fate.campaign == self._record.id) & (fate.call == identity)
        some = select(fate.line).where(mine, fate.verdict.in_(["accepted", "cancelled"])).limit(1)
        return connection.execute(some).first() is not None

    def _doubt(self, connection: Connection, identity: int, why: str, **values: Any) -> None:
        self._move(connection, identity, {**self._doubtful_since_now(why), **values})

    def _doubtful_since_now(self, why: str) -> dict[str, Any]:
        return {"state": "in-doubt", "detail": why, "doubted_at": self._journal.clock()}

    def _move(self, connection: Connection, identity: int, values: dict[str, Any]) -> None:
        self._move_all(connection, [(identity, values)])

    def _move_all(self, connection: Connection, moves: Sequence[tuple[int, dict[str, Any]]]) -> None:
        """Change calls, and tell it; those that follow each other with the same columns in one statement."""
        for columns, alike in groupby(moves, key=lambda one: tuple(one[1])):
            rows = [{**values, "of": self._record.id, "chunk": identity} for identity, values in alike]
            connection.execute(statements.move(*columns), rows)
        self._tell(
            connection,
            [
                CallEvent(identity, values.get("state", "noted"), values.get("detail") or "")
                for identity, values in moves
            ],
        )

    def _tell(self, connection: Connection, stories: Sequence[CallEvent]) -> None:
        if not stories:
            return
        same = {"campaign": self._record.id, "at": self._journal.clock()}
        connection.execute(
            statements.TELL,
            [
                {
                    **same,
                    "chunk": one.chunk,
                    "what": one.what,
                    "detail": one.detail,
                    "line": one.line,
                    "facts": json.dumps(one.facts) if one.facts else None,
                }
                for one in stories
            ],
        )


def ids_of(text: str | None) -> tuple[int, ...]:
    """Message ids as a call keeps them."""
    return tuple(json.loads(text)) if text else ()


def merged(before: Iterable[int], more: Iterable[int]) -> str:
    """Message ids of several tries, each once, as a call keeps them."""
    return json.dumps(list(dict.fromkeys([*before, *more])))


def tag_of(campaign: str, chunk: int) -> str:
    """The tag of a call: the campaign's random tag and the call's number in base 36, at most 20 characters."""
    digits = ""
    while chunk:
        chunk, digit = divmod(chunk, 36)
        digits = _DIGITS[digit] + digits
    return f"{campaign}-{digits}"
