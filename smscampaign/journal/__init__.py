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
from smscampaign.journal.corrections import (
    adopt,
    corrected_rows,
    corrected_summary,
    corrected_tally,
    corrections_of,
    keep_corrections,
    rows_to_put_right,
    rows_with,
)
from smscampaign.journal.course import Course, Step, last_step, tell_course
from smscampaign.journal.editions import enter, last_event, put_in_force, refuse_doubts, series_of, step_back
from smscampaign.journal.exclusions import Excluded, Exclusion
from smscampaign.journal.fates import accepted_calls, asked_about, doubts, left_out, tally, waiting
from smscampaign.journal.hashes import sealed_rows
from smscampaign.journal.laws import Check, audit
from smscampaign.journal.marks import marked, recover
from smscampaign.journal.neighbours import is_journal, looked_at
from smscampaign.journal.peers import Peer, peers_in, shared_texts, tags_in, texts_by_number
from smscampaign.journal.places import Place, Server, place_of, without_secrets
from smscampaign.journal.plan import PlanWriter, same_number_as, stored_summary
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
    "Sample",
    "Server",
    "Slice",
    "Step",
    "Turns",
    "accepted_calls",
    "adopt",
    "answers",
    "asked_about",
    "audit",
    "begin_slice",
    "begun_in",
    "call_chapter",
    "cancelled_at",
    "compare",
    "corrected_rows",
    "corrected_summary",
    "corrected_tally",
    "corrections_of",
    "damage",
    "doubt_pending",
    "doubts",
    "enter",
    "is_journal",
    "journal_exists",
    "judged",
    "keep_corrections",
    "keep_rates",
    "keep_receipts",
    "last_event",
    "last_step",
    "left_out",
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
    "rows_to_put_right",
    "rows_with",
    "same_number_as",
    "sample",
    "sample_of",
    "sealed_rows",
    "series_of",
    "shared_texts",
    "slice_of",
    "step_back",
    "stored_rates",
    "stored_summary",
    "tags_in",
    "tally",
    "tell_course",
    "text_uses",
    "texts_by_number",
    "utc_now",
    "waiting",
    "without_secrets",
]
