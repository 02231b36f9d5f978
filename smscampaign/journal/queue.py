"""The calls of a sealed plan as a queue: claimed before they are made, recorded after, never both in one transaction.

A chunk is `pending` → `sending` → `accepted` | `refused` | `in-doubt`, or `pending` again when it provably was not sent.
A chunk that is refused and has more than one receiver gives way to its two halves, both `pending`.
What is `sending` when nobody is at work was cut off between the two writes: it is in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from sqlalchemy import Connection, insert, select

from smscampaign.journal import schema, statements
from smscampaign.journal.calls import IN_PART, CallEvent, Claim, merged
from smscampaign.journal.claims import Claiming
from smscampaign.journal.doubted_calls import Doubting
from smscampaign.journal.exclusions import Asked, Excluded, Exclusion, excluded
from smscampaign.journal.splits import Splitting
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import ENGLISH, tell
from smscampaign.model import Accepted, InDoubt, NotSent, Outcome, Refused, Status, Terms, e164

Done = Sequence[tuple[Claim, Outcome]]
#: Columns of a chunk with what they are to hold.
Values = dict[str, Any]


class Queue(Doubting, Splitting, Claiming):
    """The calls of one campaign. Whoever uses it holds the journal's lock.

    `exclusions` are asked once more when a call is claimed: who is excluded then is suppressed, and told so in `language`.
    """

    def __init__(
        self,
        journal: Journal,
        record: Record,
        *,
        sender: str | None,
        terms: Terms,
        exclusions: Sequence[Exclusion] = (),
        language: str = ENGLISH,
    ) -> None:
        super().__init__(journal, record, sender=sender, terms=terms)
        self._exclusions = tuple(exclusions)
        self._language = language
        #: How many messages were suppressed so far.
        self.suppressed = 0

    def claim(self, count: int, *, up_to: int | None = None) -> list[Claim]:
        """Up to `count` pending calls, durably marked as being sent before this returns; `up_to` a row of the file."""
        claims = None
        while claims is None:
            claims = self.turn((), count, up_to=up_to)
        return claims

    def record(self, results: Done) -> None:
        """Write down what became of claimed calls; durable when this returns."""
        self.turn(results, 0)

    def turn(self, results: Done, count: int, *, up_to: int | None = None) -> list[Claim] | None:
        """Record some calls and claim the next in one commit: each call's own two writes stay on both sides of it.

        None where everybody in the next calls is excluded by now: these are settled, and others may come next.
        """
        with self._journal.writing(together=True) as connection:
            if results:
                self._record_all(connection, results)
            return self._claim_next(connection, count, up_to) if count else []

    def _record_all(self, connection: Connection, results: Done) -> None:
        moves = []
        locked = self._locked(connection, [claim for claim, _ in results])
        for claim, outcome in results:
            own = self._own(connection, claim, outcome, locked.get(claim.id))
            if own is not None:
                moves.append((own.id, self._record_outcome(connection, own, outcome, first=claim.whole)))
        self._move_all(connection, [(identity, values) for identity, values in moves if values])

    def untouched(self) -> bool:
        """Whether nothing of this campaign can have reached anybody: no call was taken, refused or ever in doubt."""
        chunk, event = schema.chunk.c, schema.event.c
        idle = chunk.state.in_(("pending", "suppressed"))
        moved = select(chunk.id).where(chunk.campaign == self._record.id, ~idle).limit(1)
        doubted = select(event.id).where(event.campaign == self._record.id, event.what == "in-doubt").limit(1)
        with self._journal.reading() as connection:
            return not any(connection.execute(question).first() for question in (moved, doubted))

    def next_pending(self, count: int) -> list[Claim]:
        """The calls that would be claimed next, as they are; nothing is claimed."""
        with self._journal.reading() as connection:
            ids = self._next(connection, count, None, claiming=False)
            return self._claims(connection, ids) if ids else []

    def left(self, *, up_to: int | None = None) -> bool:
        """Whether there is a call that could be claimed."""
        with self._journal.reading() as connection:
            return bool(self._next(connection, 1, up_to, claiming=False))

    def _claim_next(self, connection: Connection, count: int, up_to: int | None) -> list[Claim] | None:
        """The next calls, claimed; see `turn`."""
        ids = self._next(connection, count, up_to, claiming=True)
        if not ids:
            return []
        claims = self._claims(connection, ids)
        if self._exclusions and self._suppress(connection, claims):
            claims = self._claims(connection, ids)
        for one in claims:
            if not one.lines:
                self._settle_empty(connection, one.id)
        full = [one for one in claims if one.lines]
        return self._mark(connection, full) if full else None

    def _suppress(self, connection: Connection, claims: Sequence[Claim]) -> bool:
        """Whoever is excluded by now is suppressed, and his call goes without him; says whether anybody is."""
        asked = Asked(
            [line for claim in claims for line in claim.lines],
            [int(receiver) for claim in claims for receiver in claim.chunk.receivers],
            [claim.chunk.body for claim in claims for _ in claim.lines],
        )
        found = excluded(self._exclusions, asked)
        told = [
            CallEvent(claim.id, "suppressed", self._because(found[line]), line)
            for claim in claims
            for line in claim.lines
            if line in found
        ]
        if told:
            same = {"campaign": self._record.id, "status": Status.SUPPRESSED.value}
            rows = [{**same, "line": one.line, "detail": one.detail} for one in told]
            connection.execute(insert(schema.verdict), rows)
            self._tell(connection, told)
        self.suppressed += len(told)
        return bool(told)

    def _because(self, why: Excluded) -> str:
        return f"{why.reason}: {tell(why.because, self._language)}"

    def _next(
        self, connection: Connection, count: int, up_to: int | None, *, claiming: bool
    ) -> Sequence[int]:
        values = {"of": self._record.id, "count": count}
        if up_to is None:
            question = statements.TAKE if claiming else statements.NEXT
        else:
            question = statements.TAKE_UP_TO if claiming else statements.NEXT_UP_TO
            values["up_to"] = up_to
        return connection.execute(question, values).scalars().all()

    def _record_outcome(
        self, connection: Connection, claim: Claim, outcome: Outcome, *, first: bool
    ) -> Values:
        """What is still to be written of the call itself; where it takes more than that, it is written already.

        `first` says that OVHcloud was not known to have anything of the call when it was claimed.
        """
        match outcome:
            case Accepted():
                return self._record_accepted(connection, claim, outcome, first=first)
            case Refused(stops=True):
                # Nothing was taken and the fault is not the chunk's: once it is mended the call can be made.
                return {"state": "pending", "detail": f"{outcome.code}: {outcome.detail}"}
            case Refused() if len(claim.lines) > 1:
                # Whose fault it is shows when it is alone; the others must not go with it.
                self._halve(connection, claim, f"{outcome.code}: {outcome.detail}")
                return {}
            case Refused():
                return self._record_refused(connection, claim, f"{outcome.code}: {outcome.detail}")
            case NotSent():
                return {"state": "pending", "detail": outcome.detail}
            case InDoubt():
                return self._doubtful_since_now(outcome.detail)
            case _:
                assert_never(outcome)

    def _record_refused(self, connection: Connection, claim: Claim, detail: str) -> Values:
        settled = {"settled_at": self._journal.clock()}
        if not claim.whole and self._reached(connection, claim.id):
            # OVHcloud has others of this call: they stay accepted with it, and only who was refused says so.
            self._verdicts(connection, claim, claim.chunk.receivers, Status.REFUSED, detail)
            return {"state": "accepted", **settled}
        return {"state": "refused", "detail": detail, **settled}

    def _record_accepted(
        self, connection: Connection, claim: Claim, outcome: Accepted, *, first: bool
    ) -> Values:
        valid = {e164(number) for number in outcome.receivers}
        invalid = {e164(number) for number in outcome.invalid}
        valid, invalid = valid - invalid, invalid - valid
        unnamed = set(claim.chunk.receivers) - valid - invalid
        self._verdicts(connection, claim, invalid, Status.REFUSED, "OVHcloud: invalid receiver")
        told: dict[str, Any] = {"ids": merged(claim.ids, outcome.ids)}
        if claim.credits is not None:
            told["credits"] = claim.credits + outcome.credits
        elif first:
            told["credits"] = outcome.credits
        # Else nobody said what an earlier try cost, so that nobody knows what all of them do.
        if unnamed:
            self._verdicts(connection, claim, valid, Status.ACCEPTED, "")
            detail = f"OVHcloud's answer names {len(unnamed)} of the receivers neither as valid nor as invalid, or as both"
            self._doubt(connection, claim.id, detail, **told)
            self._tell(connection, [CallEvent(claim.id, IN_PART, "by its answer")])
            return {}
        reached = valid or (not claim.whole and self._reached(connection, claim.id))
        state = "accepted" if reached else "refused"
        return {"state": state, "settled_at": self._journal.clock(), **told}
