"""Tables of a campaign, in the caller's flavour; the numbers in them are masked unless they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import pandas as pd

from smscampaign import results
from smscampaign.advice.linter import Finding
from smscampaign.campaign.keywords import keyworded
from smscampaign.drawing import discreet, dotted, mask, masked, masked_body
from smscampaign.errors import FileProblem
from smscampaign.model import Account, Delivery, Message, Row, RowResult, Sender, Status
from smscampaign.names import letter, names_numbers
from smscampaign.notebook.tables import FIGURE, MOMENT, TEXT, WHOLE, by_row, marked, places, plain
from smscampaign.recipients.columns import called
from smscampaign.recipients.frames import PANDAS, RECORDS, FrameSource
from smscampaign.recipients.sources import Source
from smscampaign.translation import told

#: What `preview` and `messages` tell of a message.
MESSAGE = {
    "row": WHOLE,
    "number": TEXT,
    "text": TEXT,
    "parts": WHOLE,
    "credits": FIGURE,
    "encoding": TEXT,
    "country": TEXT,
}

#: What `rejections` tell of a row before its own cells.
REJECTION = {"row": WHOLE, "status": TEXT, "reason": TEXT, "because": TEXT, "suggestion": TEXT}

_STANDING = {
    "row": WHOLE,
    "number": TEXT,
    "status": TEXT,
    "parts": WHOLE,
    "credits": FIGURE,
    "delivery": TEXT,
    "reason": TEXT,
}
_FINDING = {
    "rule": TEXT,
    "severity": TEXT,
    "row": WHOLE,
    "messages": WHOLE,
    "where": TEXT,
    "what": TEXT,
    "remedy": TEXT,
}
_SUMMARY = {"status": TEXT, "rows": WHOLE, "parts": WHOLE, "credits": FIGURE, "delivered": WHOLE}
_RESULT = dict.fromkeys(results.COLUMNS, TEXT) | {
    "sms_row": WHOLE,
    "sms_parts": WHOLE,
    "sms_id": WHOLE,
    "sms_credits": FIGURE,
    "sms_sent_at": MOMENT,
    "sms_delivered_at": MOMENT,
}


def secret_columns(source: Source, chosen: Iterable[int], *, numbers: bool) -> frozenset[int]:
    """The columns to be masked unless `numbers` are asked for: those `chosen` for the numbers, and those named for some."""
    if numbers:
        return frozenset()
    return frozenset(chosen).union(at for at, name in enumerate(source.names) if names_numbers(name))


def preview(
    source: Source, messages: Iterable[Message], rates: Mapping[str, Decimal], written: str, *, numbers: bool
) -> Any:
    """Messages as they will be sent; credits are missing where the rate is not known.

    Of the numbers in texts those that stand in the `written` message are shown whole.
    """
    found = list(messages)
    rows = [
        (
            one.line,
            one.recipient.msisdn if numbers else mask(one.recipient.msisdn),
            one.text.body if numbers else masked_body(one, written),
            one.text.parts,
            float(rates[one.recipient.country] * one.text.parts) if one.recipient.country in rates else None,
            str(one.text.encoding),
            one.recipient.country,
        )
        for one in found
    ]
    return by_row(source, MESSAGE, [one.line for one in found], rows)


def rejections(
    source: Source, not_sent: Iterable[tuple[RowResult, Row]], secret: Collection[int], *, numbers: bool
) -> Any:
    """The rows that are not sent, with the reason's code, its sentence, what would help, and the cells they have.

    Those in the `secret` columns are masked. A column that is called like one of ours, or like another one, is named by its
    letter.
    """
    found = list(not_sent)
    width = max([len(source.names), *(len(row.fields) for _, row in found)])
    rows = [
        (
            one.line,
            str(one.status),
            *_reason(one.reason, numbers=numbers),
            one.suggestion if numbers else masked(one.suggestion),
            *(_shown(cell, at, secret, numbers=numbers) for at, cell in enumerate(_padded(row, width))),
        )
        for one, row in found
    ]
    names = [*source.names, *[f"column {letter(at)}" for at in range(len(source.names), width)]]
    theirs = [f"column {letter(at)}" if name in REJECTION else name for at, name in enumerate(called(names))]
    columns = {**REJECTION, **dict.fromkeys(theirs, TEXT)}
    return by_row(source, columns, [one.line for one, _ in found], rows)


def findings(found: Iterable[Finding]) -> pd.DataFrame:
    """What the linter found, in its own order; `row` is the first row concerned, `messages` counts them."""
    rows = [
        (
            one.code,
            str(one.severity),
            one.line,
            one.messages,
            masked(one.where),
            keyworded(masked(told(one.what))),
            keyworded(told(one.remedy)),
        )
        for one in found
    ]
    return marked(plain(_FINDING, rows))


def standing(source: Source, answers: Iterable[RowResult], *, numbers: bool) -> Any:
    """What became of rows."""
    found = list(answers)
    rows = [
        (
            one.line,
            _number(one, numbers=numbers),
            str(one.status),
            one.text.parts if one.text else None,
            _float(one.credits),
            str(one.delivery) if one.delivery else None,
            one.reason if numbers else masked(one.reason),
        )
        for one in found
    ]
    return by_row(source, _STANDING, [one.line for one in found], rows)


def outcome(
    source: Source,
    answers: Iterable[RowResult],
    secret: Collection[int],
    *,
    width: int,
    written: str,
    numbers: bool,
) -> Any:
    """The results: the caller's columns with the types and the index they came with, then ours.

    Without `numbers` those of the receivers are masked, and the cells in the `secret` columns. Times are UTC. Raises
    `FileProblem` when the file has other rows than the answers.
    """
    found, rows = [], []
    for row, answer in zip_longest(source.rows(), answers):
        if row is None or answer is None or row.line != answer.line:
            raise FileProblem(
                "the file has other rows than when the campaign was planned",
                where=source.name,
                remedy="Put it back as it was, or make the plan anew.",
            )
        found.append(answer)
        rows.append(row)
    theirs = _theirs(source, rows, None if numbers else secret, width=width)
    lines = [one.line for one in found]
    ours = [_cells(one, written, numbers=numbers) for one in found]
    return by_row(source, _RESULT, lines, ours, theirs=theirs)


def _theirs(source: Source, rows: Sequence[Row], secret: Collection[int] | None, *, width: int) -> Any:
    """The caller's own cells of some rows, the `secret` columns masked and numbers in any text; None: as they are."""
    if not isinstance(source, FrameSource):
        heads = results.header(source.header, width=width)[:width]
        made = [[_covered(cell, at, secret) for at, cell in enumerate(_padded(one, width))] for one in rows]
        return pd.DataFrame(made, columns=heads, dtype=str)
    at = places(source, [one.line for one in rows])
    covered: dict[int, Any] = {place: [dotted(one.fields[place]) for one in rows] for place in secret or ()}
    if source.flavour == RECORDS:
        names = [*source.frame.columns]
        taken = [{name: _discreet(it, secret) for name, it in source.native[place].items()} for place in at]
        for place, cells in covered.items():
            for one, cell in zip(taken, cells, strict=True):
                one[names[place]] = cell
        return taken
    if source.flavour == PANDAS:
        left = source.frame.iloc[at]
        found = {} if secret is None else _texts_of(left, secret)
        for place, cells in (found | covered).items():
            left.isetitem(place, cells)
        return left
    import narwhals as nw

    left = source.frame[at]
    names = left.columns
    texts = (
        [] if secret is None else [one for one in range(len(names)) if left.schema[names[one]] == nw.String]
    )
    covered = {one: [_discreet(it, secret) for it in left[names[one]]] for one in texts} | covered
    return left.with_columns(
        *[
            nw.new_series(names[place], cells, nw.String, backend=left.implementation)
            for place, cells in covered.items()
        ]
    )


def _covered(cell: str, at: int, secret: Collection[int] | None) -> str:
    return cell if secret is None else _shown(cell, at, secret, numbers=False)


def _discreet(cell: Any, secret: Collection[int] | None) -> Any:
    """A cell of another column: of a text the full numbers in it are masked, whatever else it is stays."""
    return discreet(cell) if isinstance(cell, str) and secret is not None else cell


def _texts_of(frame: pd.DataFrame, secret: Collection[int]) -> dict[int, pd.Series]:
    """The columns of texts in which a number was masked: each of the type that it had, unless a category was named so."""
    found = {}
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if place in secret or pd.api.types.is_numeric_dtype(column.dtype):
            continue
        cells = list(column)
        made = [discreet(one) if isinstance(one, str) else one for one in cells]
        if any(one is not was for one, was in zip(made, cells, strict=True)):
            kind = object if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
            found[place] = pd.Series(made, index=column.index, dtype=kind)
    return found


def summary(answers: Iterable[RowResult]) -> pd.DataFrame:
    """How many rows there are of each status, with their parts and credits, and how many of them were delivered."""
    sums: dict[Status, list[Any]] = {}
    for one in answers:
        counted = sums.setdefault(one.status, [0, 0, Decimal(0), 0])
        counted[0] += 1
        counted[1] += one.text.parts if one.text and one.credits is not None else 0
        counted[2] += one.credits or 0
        counted[3] += one.delivery is Delivery.DELIVERED
    rows = [(str(one), *sums[one][:2], float(sums[one][2]), sums[one][3]) for one in Status if one in sums]
    return marked(plain(_SUMMARY, rows).set_index("status"))


def accepted(lines: Iterable[Mapping[str, str]], *, numbers: bool) -> pd.DataFrame:
    """What a sandbox accepted, one line per receiver."""
    heads = ["time", "call", "tag", "receiver", "sender", "parts", "credits", "message"]
    frame = pd.DataFrame(list(lines), columns=heads, dtype=str)
    if not numbers:
        frame["receiver"] = [mask(one) for one in frame["receiver"]]
    return marked(frame.astype({"parts": "int64", "call": "int64"}))


def accounts_of(accounts: Iterable[tuple[str, Account | None]]) -> pd.DataFrame:
    """The SMS accounts that keys see; without their details where the keys may not see those."""
    rows = [
        (name, one.status, _float(one.credits_left), one.description) if one else (name, None, None, None)
        for name, one in accounts
    ]
    return marked(plain({"account": TEXT, "status": TEXT, "credits": FIGURE, "description": TEXT}, rows))


def senders_of(senders: Iterable[Sender]) -> pd.DataFrame:
    """The senders of an account."""
    rows = [(one.name, one.status, one.kind, one.description) for one in senders]
    return marked(pd.DataFrame(rows, columns=["sender", "status", "kind", "description"]))


def jobs_of(jobs: Iterable[tuple[int, Mapping[str, object] | None]], *, numbers: bool) -> pd.DataFrame:
    """What waits at OVHcloud, by id; the keys may not see more than that."""
    names = ("receiver", "creationDatetime", "differedDelivery", "credits", "message")
    rows = [(identity, *((job or {}).get(name) for name in names)) for identity, job in jobs]
    heads = ["id", "receiver", "created", "minutes", "credits", "message"]
    return _looked_at(pd.DataFrame(rows, columns=heads), "receiver", numbers=numbers)


def replies_of(replies: Iterable[Mapping[str, object]], *, numbers: bool) -> pd.DataFrame:
    """What people answered, by id."""
    names = ("id", "creationDatetime", "sender", "tag", "message")
    rows = [tuple(one.get(name) for name in names) for one in replies]
    frame = pd.DataFrame(rows, columns=["id", "received", "from", "tag", "message"])
    return _looked_at(frame, "from", numbers=numbers)


def _looked_at(frame: pd.DataFrame, column: str, *, numbers: bool) -> pd.DataFrame:
    if not numbers:
        frame[column] = [mask(str(one)) if one else one for one in frame[column]]
        frame["message"] = [masked(str(one)) if one else one for one in frame["message"]]
    return marked(frame.set_index("id"))


def _cells(one: RowResult, written: str, *, numbers: bool) -> tuple[object, ...]:
    recipient, text = one.recipient, one.text
    body = text.body if text else None
    if text and recipient and not numbers:
        body = masked_body(Message(one.line, recipient, text), written)
    return (
        one.line,
        _number(one, numbers=numbers),
        recipient.country if recipient else None,
        str(one.status),
        (one.reason if numbers else masked(one.reason)) or None,
        body,
        str(text.encoding) if text else None,
        text.parts if text else None,
        _float(one.credits),
        one.tag or None,
        one.id,
        one.sent_at,
        str(one.delivery) if one.delivery else None,
        one.delivered_at,
        str(one.repair) if one.repair else None,
    )


def _float(credits: Decimal | None) -> float | None:
    # Decimals neither plot nor stand in a column of numbers; the results file has them as they are.
    return None if credits is None else float(credits)


def _shown(cell: str, at: int, secret: Collection[int], *, numbers: bool) -> str:
    """A cell of a row that is looked at: a remark may hold a number, too."""
    return dotted(cell) if at in secret else cell if numbers else discreet(cell)


def _padded(row: Row, width: int) -> tuple[str, ...]:
    return (*row.fields, *[""] * (width - len(row.fields)))


def _number(one: RowResult, *, numbers: bool) -> str | None:
    if one.recipient is None:
        return None
    return one.recipient.msisdn if numbers else mask(one.recipient.msisdn)


def _reason(reason: str, *, numbers: bool) -> tuple[str, str]:
    code, _, detail = reason.partition(": ")
    return code, detail if numbers else masked(detail)
