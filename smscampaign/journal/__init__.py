"""The journal: what was planned, what was intended before each call, what happened after it.

SQLAlchemy Core on SQLite in WAL with full durability. Three rooms: `store` opens it and keeps the lock, `plan` writes a plan
and seals it, `queue` hands out its calls and records what became of them; `reading` answers questions.
"""

from smscampaign.journal.answering import answers, rejected
from smscampaign.journal.calls import Claim
from smscampaign.journal.cancelling import Cancelling, Held, Recalling, cancelled_at
from smscampaign.journal.clocks import Clock, utc_now
from smscampaign.journal.comparing import Comparison, Kind, begun_in, compare
from smscampaign.journal.contacts import Contact, Contacts
from smscampaign.journal.course import Course, Step, last_step, tell_course
from smscampaign.journal.editions import last_event, put_in_force, refuse_doubts, series_of
from smscampaign.journal.exclusions import Excluded, Exclusion
from smscampaign.journal.fates import accepted_calls, asked_about, doubts, tally, waiting
from smscampaign.journal.laws import Check, audit
from smscampaign.journal.marks import marked, recover
from smscampaign.journal.neighbours import is_journal, looked_at
from smscampaign.journal.peers import Peer, peers_in, shared_texts, tags_in, texts_by_number
from smscampaign.journal.places import Place, Server, place_of, without_secrets
from smscampaign.journal.plan import PlanWriter, stored_summary
from smscampaign.journal.queue import Queue
from smscampaign.journal.ramping import Sample, Slice, begin_slice, judged, sample_of, slice_of
from smscampaign.journal.reading import (
    keep_rates,
    keep_receipts,
    sample,
    stored_rates,
    text_uses,
)
from smscampaign.journal.recovering import damage, doubt_pending, read_out
from smscampaign.journal.relatives import (
    Relative,
    SparingWriter,
    Taken,
    already,
    awaited,
    enter,
    knows,
    relatives_in,
    remember_relatives,
    step_back,
    taken_by,
)
from smscampaign.journal.store import Edition, Inputs, Journal, Record, journal_exists, open_journal
from smscampaign.journal.stories import Chapter, Happening, Receipt, call_chapter, number_chapters
from smscampaign.journal.turns import Turns

__all__ = [
    "Cancelling",
    "Chapter",
    "Check",
    "Claim",
    "Clock",
    "Comparison",
    "Contact",
    "Contacts",
    "Course",
    "Edition",
    "Excluded",
    "Exclusion",
    "Happening",
    "Held",
    "Inputs",
    "Journal",
    "Kind",
    "Peer",
    "Place",
    "PlanWriter",
    "Queue",
    "Recalling",
    "Receipt",
    "Record",
    "Relative",
    "Sample",
    "Server",
    "Slice",
    "SparingWriter",
    "Step",
    "Taken",
    "Turns",
    "accepted_calls",
    "already",
    "answers",
    "asked_about",
    "audit",
    "awaited",
    "begin_slice",
    "begun_in",
    "call_chapter",
    "cancelled_at",
    "compare",
    "damage",
    "doubt_pending",
    "doubts",
    "enter",
    "is_journal",
    "journal_exists",
    "judged",
    "keep_rates",
    "keep_receipts",
    "knows",
    "last_event",
    "last_step",
    "looked_at",
    "marked",
    "number_chapters",
    "open_journal",
    "peers_in",
    "place_of",
    "put_in_force",
    "read_out",
    "recover",
    "refuse_doubts",
    "rejected",
    "relatives_in",
    "remember_relatives",
    "sample",
    "sample_of",
    "series_of",
    "shared_texts",
    "slice_of",
    "step_back",
    "stored_rates",
    "stored_summary",
    "tags_in",
    "taken_by",
    "tally",
    "tell_course",
    "text_uses",
    "texts_by_number",
    "utc_now",
    "waiting",
    "without_secrets",
]
