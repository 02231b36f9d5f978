"""Journals opened for as long as a question takes, and Ctrl-C that lets what is under way be recorded."""

from __future__ import annotations

import signal
import threading
from _thread import start_new_thread
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import cache
from hashlib import blake2b
from threading import Event
from types import FrameType

from smscampaign.campaign import editions
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.changes import same
from smscampaign.campaign.plans import Plan
from smscampaign.errors import ChangedInputs
from smscampaign.journal.answers import answers as answers_in
from smscampaign.journal.places import Place, Server
from smscampaign.journal.store import Journal, Record, journal_exists, open_journal
from smscampaign.model import RowResult
from smscampaign.scratch import ScratchFolder


@cache
def _passing() -> ScratchFolder:
    """The folder of the plans that nobody has said yes to yet; it goes with this program."""
    return ScratchFolder()


def place_to_look(home: Place) -> Place:
    """Where a plan is kept that is looked at: in the journal at `home` where there is one, else where nobody meets it."""
    if isinstance(home, Server) or journal_exists(home):
        return home
    folder = _passing().path / blake2b(bytes(home.resolve()), digest_size=8).hexdigest()
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / home.name


def only_looked_at(plan: Plan) -> bool:
    """Whether a plan is kept where it goes with this program, because nobody said yes to it when it was made."""
    place = plan.store.place
    return not isinstance(place, Server) and place.parent.parent == _passing().path


@contextmanager
def reopened(plan: Plan) -> Iterator[Plan]:
    """The same plan as its journal has it now, while that is open. Raises `ChangedInputs` when another took its place.

    Of a plan that was only looked at it is the one that was sent since, where it was.
    """
    if plan.home is not None and only_looked_at(plan) and journal_exists(plan.home):
        with closing(open_journal(plan.home, create=False)) as home:
            sent = home.find(plan.campaign.name)
            if sent is not None and sent.sealed_at and same(sent, plan.record.inputs):
                yield editions.open_plan(plan.campaign, home)
                return
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
