"""Why a message did not arrive, in a closed vocabulary: what OVHcloud's codes of receipts mean to a person, and what to do.

OVHcloud describes each code in its own words (`GET /sms/ptts`, https://eu.api.ovh.com/1.0/sms.json), and publishes tables of
them that contradict each other. So a code is never read by its number: only by what OVHcloud says of it, and by whether it
calls it permanent or temporary. What these words do not tell is `unknown`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from smscampaign.languages import Sentence, mark, say
from smscampaign.model import Delivery
from smscampaign.responses import HISTORY_OVER, NEVER_SHOWN, Ptt


class Cause(StrEnum):
    """Why a message did not arrive. The values are stable: they stand in results files."""

    UNREACHABLE = "unreachable"
    NOT_IN_SERVICE = "not-in-service"
    EXPIRED = "expired"
    REFUSED = "refused-by-operator"
    BLOCKED = "blocked"
    MEMORY_FULL = "memory-full"
    TEMPLATE = "template-missing"
    HISTORY_OVER = "history-over"
    NEVER_SHOWN = "never-shown"
    UNKNOWN = "unknown"


class Failure(NamedTuple):
    """A cause and how long it lasts: `lasting` is True for good, False for a while, None where nobody says.

    `said` are OVHcloud's words; ours say what is the case and what to do.
    """

    cause: Cause
    lasting: bool | None
    said: str = ""

    @property
    def words(self) -> Sentence:
        """What is the case; where that is not known, what OVHcloud says."""
        if self.cause is Cause.UNKNOWN and self.said:
            return say('OVHcloud says "{said}"', said=self.said)
        return say(_WORDS[self.cause])

    @property
    def duration(self) -> Sentence:
        """For good, for a while, or not said."""
        return say(_DURATIONS[self.lasting])

    @property
    def advice(self) -> Sentence:
        """What to do."""
        return say(_ADVICE.get(self.cause) or _REST[self.lasting])

    @property
    def sentence(self) -> Sentence:
        """`unreachable: the phone was off or out of reach (temporary)`, as it stands in results."""
        return say(
            "{cause}: {what} ({duration})",
            cause=self.cause,
            what=self.words,
            duration=self.duration,
        )


def failure_of(code: int | None, known: Ptt | None) -> Failure:
    """What a receipt's code means, by what OVHcloud says of it, where it was asked."""
    if code in _OURS:
        return Failure(_OURS[code], None)
    if known is None:
        return Failure(Cause.UNKNOWN, None)
    lasting = {"permanent": True, "temporary": False}.get(known.duration)
    said = f"{known.comment} {known.description}"
    cause = next((cause for words, cause in _SAID if words.search(said)), Cause.UNKNOWN)
    if cause is Cause.UNREACHABLE and lasting:
        cause = Cause.NOT_IN_SERVICE  # an absent subscriber who is absent for good
    return Failure(cause, lasting, known.comment or known.description)


def told_of(delivery: Delivery, code: int | None, known: Ptt | None) -> Sentence | None:
    """Why a message did not arrive, for its line in the results; None where it did, or still may."""
    return failure_of(code, known).sentence if delivery in {Delivery.FAILED, Delivery.UNKNOWN} else None


_OURS = {HISTORY_OVER: Cause.HISTORY_OVER, NEVER_SHOWN: Cause.NEVER_SHOWN}

#: What OVHcloud's words say, the more telling ones first.
_SAID = tuple(
    (re.compile(words, re.IGNORECASE), cause)
    for words, cause in (
        (r"template", Cause.TEMPLATE),
        (r"memory|storage|mailbox", Cause.MEMORY_FULL),
        (r"black ?list|barred|blocked|spam|opt(ed)?[ -]?out|stop ?list|do not disturb", Cause.BLOCKED),
        (r"expired?|validity|time ?out", Cause.EXPIRED),
        (
            r"(unknown|invalid|unallocated|unassigned|inexistent|non.?existent|wrong)"
            r" (subscriber|number|destination|recipient|address|msisdn)|not in service|does not exist"
            r"|unprovisioned|not provisioned|teleservice",
            Cause.NOT_IN_SERVICE,
        ),
        (
            r"absent|unreachable|not reachable|out of reach|switched off|detached|paging|no response",
            Cause.UNREACHABLE,
        ),
        (
            r"refused?|reject|denied|forbidden|not allowed|unauthori[sz]ed",
            Cause.REFUSED,
        ),
    )
)

_WORDS = {
    Cause.UNREACHABLE: mark("the phone was off or out of reach"),
    Cause.NOT_IN_SERVICE: mark("the number is not in service"),
    Cause.EXPIRED: mark("its validity ended before it arrived"),
    Cause.REFUSED: mark("the operator refused it"),
    Cause.BLOCKED: mark("the recipient or the operator blocks such messages"),
    Cause.MEMORY_FULL: mark("the memory of the phone was full"),
    Cause.TEMPLATE: mark("this country needs an approved template for the text"),
    Cause.HISTORY_OVER: mark("OVHcloud keeps its history for six months, and these were over"),
    Cause.NEVER_SHOWN: mark("OVHcloud accepted it and never showed it among those that left"),
    Cause.UNKNOWN: mark("OVHcloud does not say why"),
}

_DURATIONS = {True: mark("permanent"), False: mark("temporary"), None: mark("for how long nobody says")}

_ADVICE = {
    Cause.NOT_IN_SERVICE: mark("take the number out of your file"),
    Cause.BLOCKED: mark("do not write to this number again"),
    Cause.TEMPLATE: mark("ask OVHcloud for a template of this text"),
    Cause.EXPIRED: mark("try again later, or with a longer validity"),
    Cause.HISTORY_OVER: mark("nothing can be done about these any more"),
    Cause.NEVER_SHOWN: mark("ask OVHcloud's support, with the tags of the calls"),
}

_REST = {
    True: mark("take the number out of your file"),
    False: mark("try again later"),
    None: mark("try again later; take the number out if it fails again"),
}
