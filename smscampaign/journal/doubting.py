"""Calls in doubt: listed, and settled by what was found out or by what a person decided."""

from __future__ import annotations

import json

from smscampaign.journal import schema
from smscampaign.journal.calls import Calls, Claim
from smscampaign.model import Status, Trace


class Doubting(Calls):
    """A call is `in-doubt` when it may have been taken and nobody knows."""

    def recover(self) -> int:
        """Put what an earlier process left between its two writes in doubt; says how many calls that are."""
        with self._journal.writing() as connection:
            left = connection.execute(self._ids().where(schema.chunk.c.state == "sending")).scalars().all()
            for identity in left:
                self._doubt(connection, identity, "the program ended between the call and its record")
        return len(left)

    def doubts(self) -> list[Claim]:
        """The calls in doubt, oldest first; of one that was accepted in part, only the receivers still in doubt."""
        chunk = schema.chunk
        with self._journal.reading() as connection:
            ids = connection.execute(
                self._ids().where(chunk.c.state == "in-doubt").order_by(chunk.c.id)
            ).scalars()
            # In portions: a statement takes only so many parameters.
            return [claim for some in ids.partitions(500) for claim in self._claims(connection, some)]

    def found(self, claim: Claim, trace: Trace) -> bool:
        """OVHcloud has the call, whole or in part; says whether all of it is accounted for now."""
        receivers = trace.receivers
        with self._journal.writing() as connection:
            if receivers is not None and not receivers >= set(claim.chunk.receivers):
                self._verdicts(connection, claim, receivers, Status.ACCEPTED, "found at OVHcloud by its tag")
                self._move(
                    connection, claim.id, {"detail": "OVHcloud shows some of its receivers but not all"}
                )
                return False
            values = {
                "state": "accepted",
                "ids": json.dumps(trace.ids),
                "detail": "found at OVHcloud by its tag",
            }
            self._move(connection, claim.id, {**values, "settled_at": self._journal.clock()})
            return True

    def absent(self, claim: Claim, why: str) -> None:
        """OVHcloud provably does not have the call: it may be made again."""
        with self._journal.writing() as connection:
            self._move(connection, claim.id, {"state": "pending", "detail": why})

    def still_in_doubt(self, claim: Claim, why: str) -> None:
        """OVHcloud was asked and the doubt stays; `why` is for the person who decides."""
        with self._journal.writing() as connection:
            self._move(connection, claim.id, {"state": "in-doubt", "detail": why})
