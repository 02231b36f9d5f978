"""What a report is made of: what it is about, and its sections as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from smscampaign.causes import Failure
from smscampaign.drawing import Table
from smscampaign.experiments.grades import Verdict
from smscampaign.report.pictures import Picture
from smscampaign.translation import told


@dataclass(frozen=True, slots=True)
class Comparison:
    """How several texts do against each other: by what, when that is told, and what is told."""

    measure: str
    end: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class About:
    """What a report is about, besides its figures: names, text and settings of the campaign, and from what it was made.

    `text` is the message as it was written, with its columns in braces. `settings` are those that were chosen. `remedy` is
    the next command, if there is one. `failures` say what the codes of receipts mean. Where several texts were tried,
    `comparison` is how they do, if that can be told by what the journal knows.
    """

    name: str
    file: str
    journal: str
    gateway: str
    rehearsal: bool
    made_at: datetime
    version: str
    text: str
    settings: tuple[tuple[str, str], ...] = ()
    sentence: str = ""
    command: str = ""
    failures: Mapping[int | None, Failure] = field(default_factory=dict)
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its name within the page, its title, what it says, its tables, and the picture of the first of these."""

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    picture: Picture | None = None
    text: str = ""


def table_of(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], *figures: int) -> Table:
    """A table whose caption and heads are told in the reader's language; the columns in `figures` stand right."""
    return Table(told(caption), tuple(map(told, heads)), tuple(rows), frozenset(figures))
