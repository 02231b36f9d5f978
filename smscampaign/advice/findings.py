"""What a rule looks at, and what it has to say."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from smscampaign.model import Encoding, Sender


class Severity(StrEnum):
    """`stop`: nothing leaves while it stands. `error`: OVHcloud or the law will refuse it. `warning`: it costs money, annoys
    people, or should be known. `hint`: worth a look.
    """

    STOP = "stop"
    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class LintFacts(NamedTuple):
    """A campaign as its rules see it.

    `message` is the template as it was written, `columns` are the names a placeholder can have; `validity` is in minutes;
    `leaves` is the moment it is handed over; `senders` are the account's, or None where nobody asked; `repeated` says who got
    the same text lately, `alike` how many keys of one number look like one, and the first of them.
    """

    message: str
    sender: str | None
    advertiser: str | None
    marketing: bool
    validity: int | None
    leaves: datetime
    countries: frozenset[str]
    parts_warning: int
    senders: tuple[Sender, ...] | None = None
    repeated: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    alike: tuple[int, str] = (0, "")


class Seen(NamedTuple):
    """One distinct text of the plan: its first row and how many messages carry it."""

    body: str
    encoding: Encoding
    parts: int
    line: int
    messages: int


class Finding(NamedTuple):
    """What a rule of the linter or a gate found.

    `code` is the rule's id, or the gate's word; `where` names the setting, the file or the row, `line` is that row,
    `messages` counts those concerned. `overruled_by` is the option with which a run goes on all the same, if any.
    """

    code: str
    severity: Severity
    what: str
    where: str = ""
    remedy: str = ""
    messages: int = 0
    line: int | None = None
    overruled_by: str = ""


class Rule(NamedTuple):
    """A rule of the catalogue. Its id never changes and is never used again for another."""

    id: str
    severity: Severity
    title: str
    why: str
    remedy: str
