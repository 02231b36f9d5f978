"""A retry: the edition of a campaign that sends once more what failed for a while, and nothing else.

Who is in it is asked when it is planned, when it comes into force, and at each claim: a receipt that comes late keeps its row
out.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.exclusions import Policy, had_campaign
from smscampaign.errors import JournalProblem, SettingsProblem
from smscampaign.journal import cancellations, editions, fates, retries
from smscampaign.journal.contacts import Contact, Contacts
from smscampaign.journal.exclusions import Asked, Excluded, Exclusion
from smscampaign.journal.store import Journal, Record
from smscampaign.languages import say
from smscampaign.model import EditionKind, Reason, Status


class Retrying(NamedTuple):
    """Excludes every row but those whose message failed for a while; `record` is the edition in force."""

    contacts: Contacts
    record: Record
    policy: Policy

    def of(self, asked: Asked) -> dict[int, Excluded]:
        """Which of these rows get nothing, each with what became of it."""
        held = self._held(asked)
        alone = [_message(*ones) for ones in held.values() if len(ones) == 1]
        journal = self.contacts.journal
        released = retries.released_among(journal, self.contacts.campaigns, alone)
        rest = retries.standing_of(journal, self.record, [line for line in asked.lines if line not in held])
        found: dict[int, Excluded] = {}
        for line, number, body in zip(asked.lines, asked.numbers, asked.bodies, strict=True):
            ones = held.get(line, [])
            if len(ones) == 1 and _message(*ones) in released:
                continue
            why = self.policy(ones, number, body) if ones else _as_it_was(rest.get(line))
            found[line] = why or _as_it_was(None)
        return found

    def _held(self, asked: Asked) -> dict[int, list[Contact]]:
        """Of the rows whose key is held, the messages that hold it."""
        if asked.keys:
            by_key = self.contacts.holding(asked.keys)
            told = [by_key.get(one, []) for one in asked.keys]
        else:
            by_number = self.contacts.of(asked.numbers)
            told = [by_number.get(one, []) for one in asked.numbers]
        made = ([one for one in ones if one.fate != "pending"] for ones in told)
        return {line: ones for line, ones in zip(asked.lines, made, strict=True) if ones}


class FirstArrived(NamedTuple):
    """Excludes the rows of a retry whose first message arrived after all, or of which that is not known any more."""

    journal: Journal
    record: Record

    def of(self, asked: Asked) -> dict[int, Excluded]:
        """Which of these rows get nothing."""
        series = editions.series_of(self.journal, self.record)
        because = say("its first message arrived after all")
        late = retries.arrived(self.journal, self.record, series, asked.lines)
        return {line: Excluded(Reason.ALREADY_SENT, because) for line in late}


def needed(campaign: Campaign, store: Journal, record: Record) -> bool:
    """Whether a retry is to be planned after `record`: not where one is gone on with, nor where nothing is to go again.

    Raises `SettingsProblem` for a campaign that recurs, `JournalProblem` while something of it waits or if it was cancelled.
    """
    if campaign.settings.recurring:
        raise SettingsProblem(
            "a campaign that recurs sends what is new each night, and tries nothing again", where="--retry"
        )
    if cancellations.cancelled_at(store, record) is not None:
        raise JournalProblem(
            "this campaign was cancelled: nothing of it is sent any more", where=campaign.name
        )
    standing = fates.tally(store, record).messages
    waits = standing.get(Status.PENDING) or editions.waits_before(store, record)
    if record.kind is EditionKind.RETRY and (waits or standing.get(Status.IN_DOUBT)):
        return False
    if waits:
        raise JournalProblem(
            "messages of this campaign wait to be sent for the first time: what failed is tried again after them",
            where=campaign.name,
            remedy="Run it without --retry first, then ask for receipts.",
        )
    return retries.any_of(store, editions.series_of(store, record))


def known(store: Journal, record: Record, last: int) -> int:
    """What is known of the campaign when a retry is planned; `last` is its last event."""
    return retries.known_of(store, editions.series_of(store, record), last)


def exclusions_of(campaign: Campaign, store: Journal, record: Record) -> list[Exclusion]:
    """What a retry after `record` is asked by when it is planned."""
    policy = partial(had_campaign, key=", ".join(campaign.settings.once_per))
    contacts = Contacts(store, editions.series_of(store, record))
    return [Retrying(contacts, record, policy)]


def at_claims(store: Journal, record: Record) -> list[Exclusion]:
    """What a retry in force is asked at its claims."""
    return [FirstArrived(store, record)]


def refuse_unbegun(campaign: Campaign, record: Record | None) -> None:
    """Raise `JournalProblem` where nothing of the campaign was sent yet."""
    if record is None or record.begun_at is None:
        raise JournalProblem(
            "nothing of this campaign was sent yet, so nothing can be tried again",
            where=campaign.name,
            remedy="Run it without --retry.",
        )


def _message(one: Contact) -> retries.Held:
    return one.campaign, one.row


def _as_it_was(standing: retries.Standing | None) -> Excluded:
    """A row whose key nobody holds: it was not sent before and is not now, for the reason that it had."""
    because = say("only what failed for a while is tried again")
    if standing is None:
        return Excluded(Reason.NOT_RETRIED, because)
    code, detail, (campaign, line) = standing
    had = None if campaign is None or line is None else (campaign, line)
    return Excluded(Reason(code), detail, had) if code else Excluded(Reason.NOT_RETRIED, because, had)
