"""Who gets nothing, and why: policies over who had what. Planning and delivery are handed them as exclusions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from smscampaign.journal.contacts import Contact, Contacts
from smscampaign.journal.exclusions import Excluded
from smscampaign.languages import say
from smscampaign.model import Reason

#: Says of a number's contacts, and of the text that it is to get, why it gets nothing; None where it gets it.
Policy = Callable[[Sequence[Contact], str], Excluded | None]


@dataclass(frozen=True, slots=True)
class ByContacts:
    """An exclusion that goes by who had what."""

    contacts: Contacts
    policy: Policy

    def of(self, texts: Mapping[int, str]) -> dict[int, Excluded]:
        """Which of these numbers get nothing."""
        told = (
            (number, self.policy(ones, texts[number])) for number, ones in self.contacts.of(texts).items()
        )
        return {number: why for number, why in told if why is not None}


def had_campaign(contacts: Sequence[Contact], body: str) -> Excluded | None:
    """Whoever has a message of the series, or may have, gets no other one, whatever its text."""
    for one in contacts:
        if one.at is not None:  # else it waits, and the new edition takes its place
            at = f"{one.at:%Y-%m-%d %H:%M}"
            because = say("this number had the campaign on {at} UTC (row {row} then)", at=at, row=one.row)
            return Excluded(Reason.ALREADY_SENT, because, had=(one.campaign, one.row))
    return None
