"""Corrections: the rows that could not be sent, put right in a file of their own, in a notebook, or in the very file.

They are laid over the recipients while these are read. Only a row that could not be sent can be put right, and only cells
count by which it is sent: its number, its country, its text.
"""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from smscampaign import planning
from smscampaign.campaign import rejected_file
from smscampaign.campaign.campaigns import Campaign, RejectedFileState
from smscampaign.campaign.rejected_file import DROP, RejectedFile
from smscampaign.corrections import HASH_BYTES, Change, Correction, changes_between, row_hash, row_hashes
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.journal import protocol
from smscampaign.journal.corrections import corrections_of, rows_to_put_right
from smscampaign.journal.protocol import Clock
from smscampaign.journal.store import Journal, Record
from smscampaign.model import Reason, Rejection, Row
from smscampaign.recipients import columns
from smscampaign.recipients.corrected import Corrected, respelt
from smscampaign.recipients.frames import FrameSource
from smscampaign.recipients.sources import Source

#: Rows that are named one by one.
_NAMED = 5


@dataclass(slots=True)
class _Account:
    """What is made of what somebody wrote, row by row."""

    recipe: planning.Recipe
    by: str
    clock: Clock
    held: Mapping[int, Correction]
    sent: frozenset[int]
    taken: dict[int, Correction] = field(default_factory=dict)
    fresh: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    said: dict[str, list[int]] = field(default_factory=dict)

    def leave(self, line: int, why: str) -> None:
        """A row whose correction is not taken, and why."""
        self.said.setdefault(why, []).append(line)

    def take(self, row: Row, cells: tuple[str, ...] | None) -> None:
        """A row that was put right to these cells; None drops it."""
        (planned,) = planning.plan_block(self.recipe, [row])
        reason = planned.reason if isinstance(planned, Rejection) else None
        if reason is None:
            self.leave(row.line, SENDABLE)
            return
        changes = () if cells is None else self._changes(row, cells, reason)
        if cells is not None and not changes:
            return
        one = Correction(row.line, row_hash(row.fields), changes, self.by, self.clock())
        known = self.held.get(row.line)
        if known is not None and one.same_as(known):
            self.taken[row.line] = known
        elif row.line in self.sent:
            self.leave(row.line, SENT)
        else:
            self.taken[row.line] = one
            (self.dropped if one.dropped else self.fresh).append(row.line)

    def _changes(self, row: Row, cells: tuple[str, ...], reason: Reason) -> tuple[Change, ...]:
        width = self.recipe.width
        if len(row.fields) != width:
            return changes_between(row.fields, self._as_they_were(row, cells))
        if len(cells) != width:
            self.leave(row.line, RAGGED)
            return ()
        fault = at_fault(reason, row, self.recipe)
        kept: list[Change] = []
        for one in changes_between(row.fields, cells):
            if one.column not in used_columns(self.recipe):
                continue
            if one.column != fault and respelt(one.old or "", one.new or ""):
                self.leave(row.line, RESPELT)
            else:
                kept.append(one)
        return tuple(kept)

    def _as_they_were(self, row: Row, cells: tuple[str, ...]) -> tuple[str, ...]:
        """The cells of a ragged row, which may have moved: what a spreadsheet program respelt is as it was."""
        known, made = set(row.fields), []
        for cell in cells:
            old = None if cell in known else next((one for one in row.fields if respelt(one, cell)), None)
            if old is not None:
                self.leave(row.line, RESPELT)
            made.append(cell if old is None else old)
        return tuple(made)


SENT = "was put right before and is sent, or waits to be: it stays as it was"
SENDABLE = "can be sent as it stands in the file: only a row that cannot be sent is put right here"
RAGGED = "has a cell too many or too few now: its correction is not taken"
RESPELT = "has cells that a spreadsheet program wrote in another way, in columns that were not the reason: they stay"
STALE = "is another one in the file now: its correction is not taken"
TWICE = "stands there twice, and not alike: neither is taken"
MARKED = f"has something else than {DROP!r} in sms_correction: it is not taken"


def used_columns(recipe: planning.Recipe) -> frozenset[int]:
    """The columns by which a row is sent: number and country, those of its text and its key, those that select it."""
    used = {*recipe.numbers, *recipe.template.columns}
    if recipe.country is not None:
        used.add(recipe.country)
    if recipe.short is not None:
        used.update(recipe.short.columns)
    if recipe.keys is not None:
        used.update(recipe.keys.places)
    if recipe.selection is not None:
        used.update(recipe.selection.columns)
    return frozenset(used)


def at_fault(reason: Reason, row: Row, recipe: planning.Recipe) -> int | None:
    """The column whose cell is the reason why a row cannot be sent; None where it is no single one."""
    if len(row.fields) != recipe.width:
        return None
    if reason is Reason.COUNTRY_UNKNOWN:
        return recipe.country
    if reason is Reason.KEY_MISSING and recipe.keys is not None:
        return next((one for one in recipe.keys.places if not row.fields[one].strip()), None)
    if reason is Reason.VALUE_MISSING:
        selects = recipe.selection.lacking(row.fields) if recipe.selection else ()
        return next(iter(selects or recipe.template.lacking(row.fields)), None)
    filled = (one for one in recipe.numbers if row.fields[one].strip())
    return next(filled, recipe.numbers[0]) if reason.startswith("number-") else None


def in_force(campaign: Campaign, store: Journal, record: Record) -> Campaign:
    """The campaign with the corrections that hold for a plan of it."""
    return _with(campaign, corrections_of(store, record), ())


def entered(campaign: Campaign, recipe: planning.Recipe, kept: tuple[Journal, Record] | None) -> Campaign:
    """The campaign with the corrections that hold for it and with those somebody entered since.

    `kept` is the campaign where it has begun. Raises `FileProblem` when the file of rejected rows cannot be read.
    """
    held = {} if kept is None else corrections_of(*kept)
    found = _written(campaign)
    typed = {} if campaign.typed is None else campaign.typed.rows
    if not held and found is None and not typed:
        return _with(campaign, {}, ())
    sent = _sent(kept, held)
    if campaign.settings.recurring and not (kept and _same_file(campaign, kept[1])):
        held, found = _moved(campaign.file, held, found)
        sent = frozenset()
    account = _Account(recipe, _who(), protocol.utc_now if kept is None else kept[0].clock, held, sent)
    wanted = {*held, *typed, *(one.line for one in (found.rows if found else ()))}
    rows = dict(rows_at(campaign.file, wanted))
    account.taken = {line: one for line, one in held.items() if _stands(one, rows.get(line), account)}
    if found is not None:
        _take_written(found, rows, account)
    for line, cells in typed.items():
        _take_typed(campaign, line, cells, rows, account)
    odd = bool(found is not None and found.strange) or any(
        why not in {RESPELT, LAPSED} for why in account.said
    )
    made = _with(campaign, account.taken, tuple(_told(account, found)))
    if found is None:
        return made
    fresh = bool(account.fresh or account.dropped)
    return replace(made, entry=RejectedFileState(found.path, found.digest, fresh=fresh, odd=odd))


def _same_file(campaign: Campaign, record: Record) -> bool:
    return campaign.file.digest() == record.inputs.ingredients.get("file")


def _moved(
    source: Source, held: Mapping[int, Correction], found: RejectedFile | None
) -> tuple[dict[int, Correction], RejectedFile | None]:
    """The corrections where their rows stand in tonight's file, by the rows' hashes; those of rows that are gone lapse."""
    rows = () if found is None else found.rows
    wanted = {*(one.stood for one in held.values()), *(one.stood for one in rows)}
    where: dict[bytes, int] = {}
    for block in source.blocks() if wanted else ():
        hashes = row_hashes(block.fields)
        for place, line in enumerate(block.lines):
            stood = hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]
            if stood in wanted:
                where.setdefault(stood, line)
    moved = {
        where[one.stood]: replace(one, line=where[one.stood]) for one in held.values() if one.stood in where
    }
    if found is not None:
        there = tuple(replace(one, line=where[one.stood]) for one in rows if one.stood in where)
        found = replace(found, rows=there, untouched=frozenset())
    return moved, found


LAPSED = "is another one in the file than the one that was put right: that correction is not laid over it"


def _with(campaign: Campaign, corrections: Mapping[int, Correction], said: tuple[str, ...]) -> Campaign:
    source = campaign.file
    if not corrections and not said:
        return campaign if campaign.source is source else replace(campaign, source=source)
    return replace(campaign, source=Corrected(source, dict(corrections), said))


def _written(campaign: Campaign) -> RejectedFile | None:
    if isinstance(campaign.file, FrameSource):
        return None
    path = campaign.rejected or rejected_file.place_for(campaign.path)
    if not rejected_file.is_ours(path):
        return None
    found, columns = rejected_file.read(path), tuple(name.strip() for name in campaign.file.header)
    if found.rows and found.columns != columns:
        if campaign.settings.recurring and campaign.rejected is None:
            # The export changed: what was put right for a night before lapses as its rows do, and tonight is sent.
            return replace(found, rows=(), untouched=frozenset())
        # Cells are known by their places: from others a text would be made of the wrong ones.
        raise FileProblem(
            f"the columns are not those of {campaign.path.name}, in their order: {', '.join(columns)}",
            where=path.name,
            remedy="Put the columns back as they were and change cells only; or remove the file, and run it again to have it"
            " anew.",
        )
    return found


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""  # a container's user without a name


def _sent(kept: tuple[Journal, Record] | None, held: Mapping[int, Correction]) -> frozenset[int]:
    """The corrected rows that have a message."""
    if kept is None or not held:
        return frozenset()
    return frozenset(held) - frozenset(rows_to_put_right(*kept))


def rows_at(source: Source, lines: set[int]) -> Iterator[tuple[int, Row]]:
    """The rows that stand at some lines of a file, which is read no further than it needs."""
    last = max(lines, default=0)
    for block in source.blocks():
        for row in block:
            if row.line in lines:
                yield row.line, row
        if block.lines[-1] >= last:
            return


def _stands(one: Correction, row: Row | None, account: _Account) -> bool:
    """Whether the row a correction was made for is still there; that it is not is said, unless it was put right itself."""
    if row is not None and row_hash(row.fields) == one.stood:
        return True
    cells = () if row is None else row.fields
    put_right = all((cells[it.column : it.column + 1] or (None,))[0] == it.new for it in one.changes)
    if one.dropped or not put_right:
        account.leave(one.line, LAPSED)
    return False


def _take_written(found: RejectedFile, rows: Mapping[int, Row], account: _Account) -> None:
    distinct = {(one.line, one.cells, one.mark): one for one in found.rows}.values()
    times = Counter([*(one.line for one in distinct), *found.untouched])
    for one in distinct:
        row, mark = rows.get(one.line), one.mark.strip().casefold()
        known = account.held.get(one.line)
        if times[one.line] > 1:
            account.leave(one.line, TWICE)
        elif row is None or row_hash(row.fields) != one.stood:
            account.leave(one.line, STALE)
        elif mark and mark != DROP:
            account.leave(one.line, MARKED)
        elif known is None or not _says(known, row, one, dropped=bool(mark)):
            account.take(row, None if mark else one.cells)


def _says(known: Correction, row: Row, one: rejected_file.RejectedRow, *, dropped: bool) -> bool:
    """Whether a correction that holds already is what stands in the file."""
    return known.dropped if dropped else not known.dropped and known.applied(row.fields) == one.cells


def _take_typed(
    campaign: Campaign,
    line: int,
    cells: Mapping[str, str] | None,
    rows: Mapping[int, Row],
    account: _Account,
) -> None:
    row = rows.get(line)
    if row is None:
        raise SettingsProblem(f"there is no row {line}", where="correct")
    if cells is None:
        account.take(row, None)
        return
    made = [*row.fields, *[""] * (account.recipe.width - len(row.fields))]
    for name, cell in cells.items():
        made[columns.column(campaign.source.names, name, option="correct")] = cell
    account.take(row, tuple(made[: account.recipe.width]))


def _told(account: _Account, found: RejectedFile | None) -> Iterator[str]:
    """What became of it, for a person to read."""
    where = "the corrections" if found is None else found.path.name
    if account.fresh:
        yield f"put right by {where}: {_named(account.fresh)}"
    if account.dropped:
        yield f"dropped by {where}: {_named(account.dropped)}"
    for why, lines in account.said.items():
        some = sorted(set(lines))
        yield f"{_named(some)}, each of which {why}" if len(some) > 1 else f"{_named(some)} {why}"
    if found is not None and found.strange:
        rows = list(found.strange)
        if len(rows) == 1:
            yield f"{_named(rows)} of {where} is none of the rejected rows, and nothing is sent to it from there"
        else:
            yield f"{_named(rows)} of {where} are none of the rejected rows, and nothing is sent to them from there"


def _named(lines: Sequence[int]) -> str:
    some = [str(line) for line in sorted(lines)[:_NAMED]]
    more = len(lines) - len(some)
    listed = ", ".join(some) if more else " and ".join(filter(None, [", ".join(some[:-1]), some[-1]]))
    if more:
        return f"rows {listed} and {more} more"
    return f"row {listed}" if len(lines) == 1 else f"rows {listed}"
