"""A call that is called absent was not taken, where two machines work on one journal: they claim, stand still, make calls,
let leases run out and settle each other's doubts, in any order, and while the other one reads the balance.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from hypothesis import HealthCheck, example, given, settings
from sqlalchemy import update

from smscampaign.journal import schema
from smscampaign.journal.places import Server
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.model import Purpose, Terms
from tests.absence import BODIES, STORIES, Story

#: Some twenty seconds of stories; `SMSCAMPAIGN_STORIES=1000` for an hour of them.
EXAMPLES = int(os.environ.get("SMSCAMPAIGN_STORIES", "40"))

#: One reads the balance, the other is making a call: it was claimed before, and is charged after the number is known.
CLAIMED_BEFORE_AND_CHARGED_AFTER = [
    ("claim", 1, "hidden"),
    ("settle", 0, 0, [("go_on", 1), ("go_on", 2)]),
    ("settle", 0, 0),
]
#: The other claims, makes and ends a call while the number is on its way.
MADE_MEANWHILE = [
    ("settle", 0, 0, [("call", "accepted"), ("call", "hidden")]),
    ("settle", 0, 0, [("call", "hidden"), ("call", "accepted")]),
]
#: The other ends a call right after the number is known: its price is not in it.
ENDED_AFTER = [("call", 0, "hidden"), ("settle", 0, 500, [("go_on", 1), ("call", "accepted")])]
#: Who stood still wakes up after another one has taken the balance, and makes its call only then.
WOKEN_UP = [
    ("claim", 1, "hidden"),
    ("go_on", 1, 1),
    ("lapse",),
    ("settle", 0, 500),
    ("go_on", 1, 2),
    ("settle", 0, 500),
]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STORIES)
@example(CLAIMED_BEFORE_AND_CHARGED_AFTER)
@example(MADE_MEANWHILE)
@example(ENDED_AFTER)
@example(WOKEN_UP)
def test_what_is_called_absent_was_not_taken_whoever_else_is_at_work(new_database, planted, clock, steps):
    with two_machines(new_database, planted, clock) as queues:
        story = Story(queues, clock, lapse=lambda: lapse(queues[0]))
        story.tell([("settle", 0, 0), *steps, ("settle", 1, 500), ("settle", 0, 500)])


@contextmanager
def two_machines(new_database, planted, clock):
    """Both at work on the same calls."""
    with new_database() as database, ExitStack() as stack:
        both = [open_journal(Server(f"{database.url}&lease=60"), clock=clock) for _ in range(2)]
        record = planted(both[0], BODIES)
        for one in both:
            stack.callback(one.close)
            stack.enter_context(one.driving(together=True))
        yield [Queue(one, record, sender=None, terms=Terms(Purpose.MARKETING)) for one in both]


def lapse(queue):
    """The leases of all calls under way run out."""
    sending = schema.chunk.c.state == "sending"
    with queue.journal.writing() as connection:
        connection.execute(
            update(schema.chunk).where(sending).values(lease_until=datetime(2020, 1, 1, tzinfo=UTC))
        )
