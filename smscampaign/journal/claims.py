"""Claims: whose a call is, and what to make of an outcome that comes late.

In a journal that several machines share, one that stood still longer than its lease finds its calls in doubt, or settled by
others; in a file, one whose lock did not hold. What it knows of them is still the truth, and is written down as long as
nobody else made the call since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from smscampaign.journal import schema, statements
from smscampaign.journal.calls import CallEvent, Calls, Claim, ids_of, merged
from smscampaign.model import Accepted, NotSent, Outcome, Refused

_OPEN = {"sending", "in-doubt", "pending"}

_chunk = schema.chunk.c
_LOCKED = (
    select(_chunk.id, _chunk.attempts, _chunk.state, _chunk.driver, _chunk.ids, _chunk.credits)
    .where(_chunk.campaign == bindparam("of"), _chunk.id.in_(bindparam("these", expanding=True)))
    .order_by(_chunk.id)
    .with_for_update()
)


class Claiming(Calls):
    """Taking calls with a lease, and giving them back with what became of them."""

    def keep(self, claim: Claim) -> str | None:
        """Renew a claim right before its call; says why the call must not be made, if so."""
        return self._journal.keep(self._record, claim.id)

    def _mark(self, connection: Connection, claims: Sequence[Claim]) -> list[Claim]:
        """From now on these may arrive; where others could take them away, only as long as the lease lasts."""
        now = self._journal.clock()
        mark: dict[str, Any] = {"of": self._record.id, "these": [one.id for one in claims], "at": now}
        if self._journal.shared:
            lease = {"driver": self._journal.driver, "lease": self._journal.lease}
            connection.execute(statements.MARK_LEASED, mark | lease)
        else:
            connection.execute(statements.MARK, mark)
        self._tell(connection, [CallEvent(one.id, "sending") for one in claims])
        return [replace(one, claimed_at=now, doubted_at=None, attempts=one.attempts + 1) for one in claims]

    def _own(self, connection: Connection, claim: Claim, outcome: Outcome, row: Any) -> Claim | None:
        """The claim as it stands if it is still ours, whatever others wrote about it meanwhile; None when it is not.

        `row` is its call as `_locked` answered it, if it did.
        """
        if row is None or row.state not in _OPEN or row.driver != self._journal.driver:
            self._late(connection, claim, outcome, row)
            return None
        if self._journal.shared:
            self._release(connection, claim)
        if row.state == "sending":
            return claim
        (now,) = self._claims(connection, [claim.id])
        if now.whole or isinstance(outcome, Accepted):
            return now
        # Others found some of its receivers at OVHcloud: that it took nothing is no longer believed.
        if isinstance(outcome, NotSent | Refused):
            self._doubt(
                connection, claim.id, "OVHcloud shows some of its receivers, yet seemed to take nothing"
            )
            return None
        return now

    def _locked(self, connection: Connection, claims: Iterable[Claim]) -> dict[int, Any]:
        """The calls as they are, those that nobody made again since; their rows are locked until the transaction ends."""
        attempts = {claim.id: claim.attempts for claim in claims}
        rows = connection.execute(_LOCKED, {"of": self._record.id, "these": list(attempts)})
        return {row.id: row for row in rows if row.attempts == attempts[row.id]}

    def _release(self, connection: Connection, claim: Claim) -> None:
        chunk = schema.chunk.c
        connection.execute(
            update(schema.chunk)
            .where(chunk.campaign == self._record.id, chunk.id == claim.id)
            .values(driver=None, lease_until=None)
        )

    def _late(self, connection: Connection, claim: Claim, outcome: Outcome, row: Any) -> None:
        """What others settled stays; ids and credits that only the answer knows are filled in."""
        if isinstance(outcome, Accepted) and row is not None and row.state == "accepted":
            ids = merged(ids_of(row.ids), outcome.ids)
            # Of a call that was taken in part before, nobody said what that cost.
            credits = outcome.credits if row.credits is None and claim.whole else row.credits
            self._move(
                connection,
                claim.id,
                {"ids": ids, "credits": credits, "detail": "OVHcloud's answer came late"},
            )
            self._release(connection, claim)
        elif not isinstance(outcome, NotSent):
            # Somebody said what is to become of it, or made it again, while its answer was on the way.
            self._tell(connection, [CallEvent(claim.id, "late", type(outcome).__name__)])
