"""Who gets nothing, and why: policies over who had what. Planning and delivery are handed them as exclusions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from smscampaign.campaign.campaigns import Campaign
from smscampaign.journal import editions
from smscampaign.journal.contacts import Contact, Contacts
from smscampaign.journal.exclusions import Asked, Excluded, Exclusion
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import say
from smscampaign.model import Reason

#: Says of contacts, and of the number and the text of a row, why that gets nothing; None where it gets its message.
Policy = Callable[[Sequence[Contact], int, str], Excluded | None]


class ByContacts(NamedTuple):
    """An exclusion that goes by who had what: by the rows' keys where they have some, unless only `numbers` count."""

    contacts: Contacts
    policy: Policy
    numbers: bool = False

    def of(self, asked: Asked) -> dict[int, Excluded]:
        """Which of these rows get nothing."""
        if asked.keys and not self.numbers:
            found = self.contacts.holding(asked.keys)
            told = list(map(found.get, asked.keys)) if found else ()
        else:
            known = self.contacts.of(asked.numbers)
            told = list(map(known.get, asked.numbers)) if known else ()
        excluded: dict[int, Excluded] = {}
        for ones, line, number, body in zip(told, *asked[:3], strict=False):
            why = self.policy(ones, number, body) if ones else None
            if why is not None:
                excluded[line] = why
        return excluded


def had_before(campaign: Campaign, store: Journal, record: Record, *, send_again: bool) -> list[Exclusion]:
    """What an edition after `record` is asked by: who had the campaign; and who had the same text a short while ago.

    The second is for messages that have keys: without them nobody gets two of a series.
    """
    excluded: list[Exclusion] = [in_series(campaign, store, record)]
    hours = campaign.settings.limits.same_text_hours
    if campaign.settings.once_per and hours and not send_again:
        since = store.clock() - timedelta(hours=hours)
        lately = Contacts(store, editions.at_work_since(store, record, since))
        excluded.append(ByContacts(lately, same_text_since(since), numbers=True))
    return excluded


def in_series(campaign: Campaign, store: Journal, record: Record) -> ByContacts:
    """Who had the campaign, in any edition of the series of `record`."""
    policy = partial(had_campaign, key=", ".join(campaign.settings.once_per))
    return ByContacts(Contacts(store, editions.series_of(store, record)), policy)


def had_campaign(contacts: Sequence[Contact], number: int, body: str, *, key: str = "") -> Excluded | None:
    """Whoever has a message of the series, or may have, gets no other one, whatever its text.

    `key` names the columns of what gets one message, where that is not the number.

    Where what gets one message is a key, it may have had it at another number: then a person has to look.
    """
    # Who had it twice, because the first one failed, is told of the last.
    for one in sorted(contacts, key=attrgetter("campaign"), reverse=True):
        if one.at is None:  # it waits, and the new edition takes its place
            continue
        at, had = f"{one.at:%Y-%m-%d %H:%M}", (one.campaign, one.row)
        if one.number == number:
            because = (
                say(
                    "the same {key} had its message on {at} UTC (row {row} then)", key=key, at=at, row=one.row
                )
                if key
                else say("this number had the campaign on {at} UTC (row {row} then)", at=at, row=one.row)
            )
            return Excluded(Reason.ALREADY_SENT, because, had)
        because = say(
            "this had its message on {at} UTC at another number (row {row} then)", at=at, row=one.row
        )
        look = say("If the number was put right, tell this person another way; nothing is sent twice.")
        return Excluded(Reason.ALREADY_SENT, because, had, look)
    return None


def same_text_since(since: datetime) -> Policy:
    """Whoever had the same text since then gets it later, whatever it is about."""

    def policy(contacts: Sequence[Contact], number: int, body: str) -> Excluded | None:
        for one in contacts:
            if one.at is not None and one.text == body and one.at >= since:
                because = say("this number had the same text on {at} UTC", at=f"{one.at:%Y-%m-%d %H:%M}")
                return Excluded(Reason.SAME_TEXT_LATELY, because)
        return None

    return policy
