"""Which message an answer is to: by the tag of a call, else by the number and the time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from smscampaign.compliance import leaves_at
from smscampaign.journal.replies import Had
from smscampaign.journal.store import Record
from smscampaign.model import Purpose
from smscampaign.responses import Incoming

#: For how long after a message an answer is taken as one to it; and a short number can be answered for 48 hours (OVHcloud's
#: guides), counted from when the message left, with an hour for clocks.
ANSWERED, SHORT_NUMBER = timedelta(days=30), timedelta(hours=49)

#: By how much OVHcloud's clock may be behind ours.
_SKEW = timedelta(minutes=1)


class Sent(NamedTuple):
    """A message that a number had, and until when words, and a STOP, may be an answer to it; None: they cannot be."""

    had: Had
    words: datetime | None
    stops: datetime | None

    def may_be_answered_by(self, answer: Incoming, *, stop: bool) -> bool:
        """Whether somebody who had it could have answered so."""
        until = self.stops if stop else self.words
        return until is not None and self.had.accepted and self.had.at - _SKEW <= answer.at <= until


class Match(NamedTuple):
    """The message that was answered; `possible` where it may as well have been another campaign's."""

    had: Had
    possible: bool


def sent_by(record: Record, had: Had) -> Sent:
    """Until when a message of an edition may be answered, by its sender and when it left."""
    settings = record.inputs.settings
    sending, marketing = settings.get("sending") or {}, settings.get("purpose") != Purpose.TRANSACTIONAL
    left = had.left or had.at
    if had.left is None:
        moment = sending.get("send_at")
        left = max(left, datetime.fromisoformat(moment)) if moment else left
        left = leaves_at(left) if marketing else left  # OVHcloud holds commercial messages at night
    left = left.astimezone(UTC)  # days are added to it, between which clocks may change
    late, sender = left + ANSWERED, settings.get("sender")
    if not sender:
        return Sent(had, left + SHORT_NUMBER, late)
    if re.fullmatch(r"\+?[0-9]{4,15}", sender):
        return Sent(had, late, late)
    # A name cannot be answered, but for the STOP that a commercial message offers.
    return Sent(had, None, late if marketing else None)


def over_at(record: Record, last: datetime) -> datetime:
    """After when nobody answers an edition any more whose last call was made then."""
    sent = sent_by(record, Had(record.id, 0, "", last, None, accepted=True))
    return max(filter(None, (sent.words, sent.stops)), default=last)


def match_of(answer: Incoming, own: Sequence[Sent], others: Sequence[Sent], *, stop: bool) -> Match | None:
    """Which of a number's messages of this campaign was answered, if any; `others` are those of other campaigns.

    A tag that no campaign here knows proves nothing, because nobody says that it is always the call's.
    """
    tagged = [one for one in own if answer.tag and one.had.tag == answer.tag]
    if tagged:
        return Match(_newest(tagged), possible=False)
    if answer.tag and any(one.had.tag == answer.tag for one in others):
        return None
    possible = [one for one in own if one.may_be_answered_by(answer, stop=stop)]
    if not possible:
        return None
    rivals = any(one.may_be_answered_by(answer, stop=stop) for one in others)
    return Match(_newest(possible), possible=rivals or bool(answer.tag))


def _newest(sent: Sequence[Sent]) -> Had:
    return max((one.had for one in sent), key=lambda one: (one.at, one.campaign, -one.line))
