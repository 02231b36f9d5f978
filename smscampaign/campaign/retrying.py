"""The rejected rows, put right and sent from a file of their own: `spring.rejected.csv` beside `spring.csv`.

Our own columns in it are no columns of the user's, the settings are those of the file it comes from, and nobody gets a
message from both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smscampaign import journal, recipients
from smscampaign.campaign.files import PARENT, Files
from smscampaign.campaign.guarding import PUT_RIGHT, kind_of_gateway
from smscampaign.databases import identity
from smscampaign.errors import CampaignError, ChangedInputs, JournalProblem
from smscampaign.journal import Record, Relative, relatives_in
from smscampaign.languages import Sentence, say, tell
from smscampaign.model import Answer, EditionKind, Reason, Row
from smscampaign.names import printable
from smscampaign.settings.model import File, Settings

if TYPE_CHECKING:
    from smscampaign.campaign.campaigns import Campaign

#: What stands after the user's columns in a file of rejected rows.
COLUMNS = ("sms_row", "sms_reason", "sms_suggestion")

_NAME = re.compile(r"(?P<base>.+)\.rejected(?:-\d+)?\Z")
_LINE = re.compile(r"[0-9]{1,9}\Z")
_SAID = re.compile(rf"'?(?:{'|'.join(map(re.escape, Reason))})(?::|\Z)")


#: What the file whose rejected rows these are may be.
_KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".zip")


def parent_of(path: Path) -> Path | None:
    """The file whose rejected rows stand at `path`, going by its name; None when it is no such name."""
    found = _NAME.match(path.stem)
    if found is None:
        return None
    named = [path.with_name(found["base"] + suffix) for suffix in _KINDS]
    return next((one for one in named if one.is_file()), named[0])


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """A file of rejected rows as recipients: the user's columns alone. `parent` is the file they come from."""

    file: recipients.Source
    parent: Path
    width: int

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.name

    @property
    def suffix(self) -> str:
        """What the name has more than that of the file they come from: `.rejected`, `.rejected-2`."""
        return Path(self.file.name).stem.removeprefix(self.parent.stem)

    @property
    def header(self) -> tuple[str, ...]:
        """The user's columns."""
        return self.file.header[: self.width]

    @property
    def names(self) -> tuple[str, ...]:
        """The user's columns as they can be asked for."""
        return self.file.names[: self.width]

    @property
    def header_line(self) -> int:
        """The spreadsheet row of the header."""
        return self.file.header_line

    @property
    def delimiter(self) -> str:
        """What results are written with."""
        return self.file.delimiter

    @property
    def bom(self) -> bool:
        """Whether results begin with a byte order mark."""
        return self.file.bom

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was noticed about the file, and what it is."""
        said = f"these are rows that were rejected of {self.parent.stem}; the columns {', '.join(COLUMNS)} are left out"
        return (*self.file.remarks, said)

    def rows(self) -> Iterator[Row]:
        """The rows, without our cells."""
        return chain.from_iterable(self.blocks())

    def blocks(self, size: int = recipients.BLOCK) -> Iterator[list[Row]]:
        """The same in lists."""
        for block in self.file.blocks(size):
            yield [Row(row.line, _theirs(row.fields, self.width)) for row in block]

    def digest(self) -> str:
        """SHA-256 of the file."""
        return self.file.digest()


def _theirs(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The cells that are the user's. Where ours are not below their names a cell is missing or over: the row stays ragged."""
    at = _ours_begin(cells)
    if at is not None:
        return cells[:at]
    line, reason, _, *more = *map(str.strip, cells[width:]), "", "", ""
    emptied = not reason and not any(more) and (not line or _LINE.match(line) is not None)
    return cells[:width] if emptied else cells


def line_before(cells: Sequence[str]) -> int | None:
    """Which row of the file it comes from a rejected row was, wherever in it our cells stand."""
    at = _ours_begin(cells)
    return None if at is None else int(cells[at])


def parted(cells: Sequence[str]) -> tuple[int, tuple[str, ...], str] | None:
    """A rejected row as it was written: which row it was, the user's cells, what was said of it. None without our cells."""
    at = _ours_begin(cells)
    return None if at is None else (int(cells[at]), tuple(cells[:at]), cells[at + 1])


def _ours_begin(cells: Sequence[str]) -> int | None:
    pairs = pairwise(cells)
    return next(
        (at for at, (line, said) in enumerate(pairs) if _LINE.match(line) and _SAID.match(said)), None
    )


def opened(path: Path, options: Mapping[str, Any]) -> RejectedRows | None:
    """The file at `path` as rejected rows; None when neither its name nor its header says so.

    It is read as it is and as the options say: what the settings say of the other file's character set and sheet is not
    about this one. Raises `FileProblem`.
    """
    parent = parent_of(path)
    if parent is None or not path.is_file():
        return None
    source = recipients.open_recipients(path, recipients.Choices(**_file_options(options)))
    width = users_width(source.header)
    return None if width is None else RejectedRows(source, parent, width)


def users_width(header: Sequence[str]) -> int | None:
    """How many columns stand before ours in a file of rejected rows; None when it is none."""
    named = [name.strip() for name in header]
    while named and not named[-1]:
        named.pop()
    return len(named) - len(COLUMNS) if tuple(named[-len(COLUMNS) :]) == COLUMNS else None


def settled(settings: Settings, options: Mapping[str, Any], rows: RejectedRows) -> Settings:
    """The parent's settings for its rejected rows: a name of their own, and read as the file says itself."""
    name = f"{settings.name}{rows.suffix}" if settings.name else None
    return settings.model_copy(update={"name": name, "file": File(**_file_options(options))})


def _file_options(options: Mapping[str, Any]) -> dict[str, Any]:
    named = {dotted.removeprefix("file."): value for dotted, value in options.items() if "file." in dotted}
    return {name: value for name, value in named.items() if value is not None}


def ingredient(campaign: Campaign) -> dict[str, str]:
    """What the plan of rejected rows is made from besides, by which its journal tells whose they are."""
    source = campaign.source
    return {PARENT: printable(source.parent.stem)} if isinstance(source, RejectedRows) else {}


@dataclass(frozen=True, slots=True)
class Whose:
    """A plan as far as its relatives go: the campaign, what the plan is made from and of which kind, and where it is kept.

    `homes` are the journals that hold the campaign: one, or for a dry run the one that is thrown away and the real one.
    """

    campaign: Campaign
    inputs: journal.Inputs
    kind: EditionKind
    homes: tuple[journal.Journal, ...]

    @classmethod
    def of(cls, campaign: Campaign, store: journal.Journal, record: Record) -> Whose:
        """A plan that was made."""
        return cls(campaign, record.inputs, record.kind, (store,))

    @contextmanager
    def relatives(self) -> Iterator[list[Relative]]:
        """The other campaigns that may have sent to these people, or are going to: this file's rejected rows, or their file.

        Raises `JournalProblem` when a journal that knows cannot be read.
        """
        with ExitStack() as stack:
            everybody = self.kind is EditionKind.RESTART and not isinstance(
                self.campaign.source, RejectedRows
            )
            yield [] if everybody else _relatives(self, stack)


@contextmanager
def sparing(
    campaign: Campaign, writer: journal.PlanWriter, made: tuple[journal.Journal, Record], seen: list[Relative]
) -> Iterator[journal.PlanWriter]:
    """A writer that spares who got, or is to get, the campaign from one of the relatives that were `seen` before `made`."""
    store, record = made
    journal.remember_relatives(store, record, seen, file=printable(campaign.path.name))
    yield journal.SparingWriter(writer, seen, journal=store, record=record) if seen else writer


def overtaken(campaign: Campaign, store: journal.Journal, record: Record) -> bool:
    """Whether another file of the same people went on since this plan looked: then it is made anew.

    It began, was amended, or does not send any more what this plan leaves to it.
    """
    with Whose.of(campaign, store, record).relatives() as found:
        if not journal.knows(store, record, found):
            return True
    return bool(left(campaign, store, record).forsaken)


@contextmanager
def entering(campaign: Campaign, store: journal.Journal, record: Record) -> Iterator[None]:
    """Hold the door while a plan begins: its relatives see it from now on, and it begins only if it knows all of them.

    First it says so and then it looks: of two that begin at once at least one sees the other, and stays outside. Raises
    `ChangedInputs` when somebody is there whom the plan does not know of.
    """
    journal.enter(store, record)
    try:
        if overtaken(campaign, store, record):
            raise ChangedInputs(
                "nothing was sent: another file with the same people went on since this plan was made",
                where=campaign.source.name,
                remedy="Run the command again: it plans anew, and leaves out who gets the campaign from there.",
            )
        yield
    except (CampaignError, KeyboardInterrupt):
        if store.alone():  # else another machine may be on its way in with the same plan
            journal.step_back(store, record)
        raise


def _relatives(whose: Whose, stack: ExitStack) -> list[Relative]:
    campaign, inputs = whose.campaign, whose.inputs
    gateway = kind_of_gateway(inputs.gateway)
    homes = {identity(home.place) for home in whose.homes if isinstance(home.place, Path)}
    found: list[Relative] = []
    for path, file in _journals(campaign):
        if identity(path) in homes:
            continue
        try:
            others = relatives_in(stack.enter_context(journal.looked_at(path)))
        except JournalProblem as problem:
            raise JournalProblem(
                f"who had the campaign from {file} cannot be told: {problem.what}",
                where=path.name,
                remedy=f"Nobody may get it twice: keep that journal, and put it right with {PUT_RIGHT}."
                " Moving it away makes nobody forget what he got.",
            ) from problem
        found += [replace(one, file=file) for one in others if _related(whose, one)]
    for home in whose.homes:
        others = [one for one in relatives_in(home) if one.name != inputs.name]
        found += [one for one in others if _related_at_home(whose, one, others)]
    return [one for one in found if kind_of_gateway(one.gateway) == gateway]


def _related(whose: Whose, other: Relative) -> bool:
    """Whether one of the two campaigns is the rejected rows of the other, or both are of a third."""
    mine, theirs = whose.inputs.ingredients.get(PARENT), other.ingredients.get(PARENT)
    return mine is not None if theirs is None else theirs == (mine or printable(whose.campaign.path.stem))


def _related_at_home(whose: Whose, other: Relative, others: Sequence[Relative]) -> bool:
    """The same in a journal of several campaigns, in which the rejected rows of one are told from those of another."""
    stem, mine = printable(whose.campaign.path.stem), whose.inputs.ingredients.get(PARENT)
    files = {one.name: Path(one.file).stem for one in others if PARENT not in one.ingredients}
    if mine is None:
        files[whose.inputs.name] = stem
    theirs = other.ingredients.get(PARENT)
    if theirs is None:
        return mine is not None and other.name in _parents(whose.inputs.name, mine, files)
    parents = _parents(other.name, theirs, files)
    if mine is None:
        return whose.inputs.name in parents
    ours = _parents(whose.inputs.name, mine, files)
    return mine == theirs and not (ours and parents and ours.isdisjoint(parents))


def _parents(name: str, parent: str, files: Mapping[str, str]) -> set[str]:
    """The campaigns whose rejected rows those of this name may be: the one it is named after, else all of that file."""
    found = _NAME.match(name)
    if found is not None and found["base"] in files:
        return {found["base"]}
    return {other for other, stem in files.items() if stem == parent}


@dataclass(frozen=True, slots=True)
class Left:
    """What became of rows that were left to another file because their number waited there: a sentence for each row.

    `forsaken` are the rows nobody is going to send to any more.
    """

    said: Mapping[int, Sentence]
    forsaken: frozenset[int]


def left(campaign: Campaign, store: journal.Journal, record: Record) -> Left:
    """Looked up now. Raises `JournalProblem` when a journal that knows cannot be read."""
    rows = journal.awaited(store, record)
    if not rows:
        return Left({}, frozenset())
    with Whose.of(campaign, store, record).relatives() as found:
        taken = journal.taken_by(found, sorted(set(rows.values())))
    nobody = say("another file was to send to this number and does not any more; --amend takes it up")
    said = {
        line: journal.already(*taken[number]) if number in taken else nobody for line, number in rows.items()
    }
    return Left(said, frozenset(line for line, number in rows.items() if number not in taken))


def retold(campaign: Campaign, found: Left, answers: Iterable[Answer]) -> Iterator[Answer]:
    """The answers of the rows that were left to another file as they are now."""
    for answer in answers:
        said = found.said.get(answer.line)
        if said is None:
            yield answer
        else:
            yield replace(answer, reason=f"{Reason.ALREADY_SENT}: {tell(said, campaign.language)}")


def _journals(campaign: Campaign) -> list[tuple[Path, str]]:
    """The journals beside the file that belong to its relatives, each with the name of the relative's file."""
    path, source = campaign.path, campaign.source
    parent = source.parent if isinstance(source, RejectedRows) else path
    if not parent.name:
        return []
    found = [parent, *_rejected_of(parent)]
    return [
        (journal_path, printable(one.name))
        for one in found
        if one.stem != path.stem
        for rehearsal in (False, True)
        if isinstance(journal_path := Files.beside(one, rehearsal=rehearsal).journal, Path)
        and journal.journal_exists(journal_path)
    ]


def _rejected_of(parent: Path) -> list[Path]:
    """The files of rejected rows that have a journal, whether they are still there or not."""
    stem = re.escape(parent.stem)
    name = re.compile(rf"({stem}\.rejected(?:-\d+)?)(?:\.sandbox)?\.journal\.sqlite\Z")
    try:
        found = {match[1] for one in parent.parent.iterdir() if (match := name.match(one.name))}
    except OSError:
        return []  # a folder that may not be listed
    return [parent.with_name(f"{stem}.csv") for stem in sorted(found)]
