"""Journals opened for as long as a question takes, and Ctrl-C that lets what is under way be recorded."""

from __future__ import annotations

import signal
import threading
from _thread import start_new_thread
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from threading import Event
from types import FrameType

from smscampaign.campaign import editions
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.plans import Plan
from smscampaign.errors import ChangedInputs
from smscampaign.journal.answers import answers as answers_in
from smscampaign.journal.store import Journal, Record, open_journal
from smscampaign.model import RowResult


@contextmanager
def reopened(plan: Plan) -> Iterator[Plan]:
    """The same plan as its journal has it now, while that is open. Raises `ChangedInputs` when another took its place."""
    with closing(open_journal(plan.store.place, create=False)) as store:
        yield _kept(plan.campaign, store, plan.record)


def _kept(campaign: Campaign, store: Journal, shown: Record) -> Plan:
    plan = editions.open_plan(campaign, store, shown=shown)
    if not plan.record.same_plan(shown):
        raise ChangedInputs("the plan was made anew since this one was shown", remedy="Look at the new one.")
    return plan


@contextmanager
def answers_of(plan: Plan) -> Iterator[Iterator[RowResult]]:
    """What became of every row, in the file's order; need not be read to its end."""
    answers = answers_in(plan.store, plan.record)
    try:
        yield answers
    finally:
        if isinstance(answers, Generator):
            answers.close()


@contextmanager
def stopping() -> Iterator[Event]:
    """The notebook's stop button (Ctrl-C) sets the event, once; pressed again it interrupts as ever.

    Outside the main thread, which signals never reach, the event is just an event.
    """
    stop = Event()
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        # By another thread: this one may have been interrupted while it held the event's own lock.
        start_new_thread(stop.set, ())

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
