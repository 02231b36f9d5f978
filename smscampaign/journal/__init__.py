"""The journal: what was planned, what was intended before each call, what happened after it.

SQLAlchemy Core on SQLite in WAL with full durability. Three rooms: `store` opens it and keeps the lock, `plan` writes a plan
and seals it, `queue` hands out its calls and records what became of them; `reading` answers questions.
"""

from smscampaign.journal.calls import Claim
from smscampaign.journal.plan import PlanWriter, stored_summary
from smscampaign.journal.queue import Queue
from smscampaign.journal.reading import (
    accepted_calls,
    answers,
    doubts,
    keep_rates,
    keep_receipts,
    sample,
    stored_rates,
    tally,
    waiting,
)
from smscampaign.journal.store import Clock, Inputs, Journal, Record, open_journal, utc_now

__all__ = [
    "Claim",
    "Clock",
    "Inputs",
    "Journal",
    "PlanWriter",
    "Queue",
    "Record",
    "accepted_calls",
    "answers",
    "doubts",
    "keep_rates",
    "keep_receipts",
    "open_journal",
    "sample",
    "stored_rates",
    "stored_summary",
    "tally",
    "utc_now",
    "waiting",
]
