"""DataFrames of a campaign. Those that are looked at in a notebook mask the numbers; the results are the data itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import zip_longest

import pandas as pd

from smscampaign import results
from smscampaign.advice.linter import Finding
from smscampaign.drawing import Table, count, html_table, mask, masked, masked_body
from smscampaign.errors import FileProblem
from smscampaign.model import Message, Reason, Row, RowResult, Sender
from smscampaign.recipients.sources import Source

#: How many rows of a listing a notebook draws.
DRAWN = 50


class Listing(pd.DataFrame):
    """A DataFrame that is looked at: a notebook shows whole sentences, and nothing where something is missing."""

    @property
    def _constructor(self) -> type[Listing]:
        return Listing

    def _repr_html_(self) -> str:
        whole = self.reset_index() if self.index.name else self
        figures = frozenset(at for at, kind in enumerate(whole.dtypes) if pd.api.types.is_numeric_dtype(kind))
        rows = tuple(
            tuple("" if pd.isna(cell) else str(cell) for cell in row)
            for row in whole.head(DRAWN).itertuples(index=False)
        )
        drawn = html_table(Table("", tuple(map(str, whole.columns)), rows, figures))
        more = f"<p>… and {count(len(whole) - DRAWN, 'more row')}</p>" if len(whole) > DRAWN else ""
        return f'<div class="smscampaign-list">{drawn}{more}</div>'


def preview(
    messages: Iterable[Message], rates: Mapping[str, Decimal], written: str, *, numbers: bool
) -> pd.DataFrame:
    """Messages as they will be sent, by spreadsheet row; credits are missing where the rate is not known.

    Of the numbers in texts those that stand in the `written` message are shown whole.
    """
    rows = [
        (
            one.line,
            one.recipient.msisdn if numbers else mask(one.recipient.msisdn),
            one.recipient.country,
            str(one.text.encoding),
            one.text.parts,
            rates[one.recipient.country] * one.text.parts if one.recipient.country in rates else None,
            one.text.body if numbers else masked_body(one, written),
        )
        for one in messages
    ]
    heads = ["row", "number", "country", "encoding", "parts", "credits", "text"]
    return Listing(rows, columns=heads).set_index("row")


def rejections(answers: Iterable[RowResult]) -> pd.DataFrame:
    """The rows that are not sent, by spreadsheet row, with the reason's code, its sentence and what would help."""
    codes = {str(reason.status) for reason in Reason}
    rows = [
        (one.line, str(one.status), *_reason(one.reason), masked(one.suggestion))
        for one in answers
        if str(one.status) in codes
    ]
    return Listing(rows, columns=["row", "status", "reason", "because", "suggestion"]).set_index("row")


def findings(found: Iterable[Finding]) -> pd.DataFrame:
    """What the linter found, in its own order; `row` is the first row concerned, `messages` counts them."""
    rows = [
        (one.code, str(one.severity), one.line, one.messages, masked(one.where), masked(one.what), one.remedy)
        for one in found
    ]
    heads = ["rule", "severity", "row", "messages", "where", "what", "remedy"]
    return Listing(rows, columns=heads).astype({"row": "Int64", "messages": "int64"})


def standing(answers: Iterable[RowResult], *, numbers: bool) -> pd.DataFrame:
    """What became of rows, by spreadsheet row."""
    rows = [
        (
            one.line,
            _number(one, numbers=numbers),
            str(one.status),
            one.text.parts if one.text else None,
            one.credits,
            str(one.delivery) if one.delivery else None,
            one.reason if numbers else masked(one.reason),
        )
        for one in answers
    ]
    heads = ["row", "number", "status", "parts", "credits", "delivery", "reason"]
    return Listing(rows, columns=heads).astype({"parts": "Int64"}).set_index("row")


def outcome(source: Source, answers: Iterable[RowResult], *, width: int) -> pd.DataFrame:
    """The results: the user's columns as text, then ours with their types; what does not apply is missing.

    Credits are `Decimal`, times are UTC. Raises `FileProblem` when the file has other rows than the answers.
    """
    theirs: list[tuple[str, ...]] = []
    ours: list[tuple[object, ...]] = []
    for row, answer in zip_longest(source.rows(), answers):
        if row is None or answer is None or row.line != answer.line:
            raise FileProblem(
                "the file has other rows than when the campaign was planned",
                where=source.name,
                remedy="Put it back as it was, or make the plan anew.",
            )
        theirs.append(_padded(row, width))
        ours.append(_cells(answer))
    heads = results.header(source.header, width=width)
    left = pd.DataFrame(theirs, columns=heads[:width], dtype=str)
    right = pd.DataFrame(ours, columns=list(results.COLUMNS)).astype(
        {"sms_row": "int64", "sms_parts": "Int64", "sms_id": "Int64", "sms_credits": object}
    )
    for name in ("sms_sent_at", "sms_delivered_at"):
        right[name] = pd.to_datetime(right[name], utc=True).astype("datetime64[us, UTC]")
    return pd.concat([left, right], axis=1)


def accepted(lines: Iterable[Mapping[str, str]], *, numbers: bool) -> pd.DataFrame:
    """What a sandbox accepted, one line per receiver."""
    heads = ["time", "call", "tag", "receiver", "sender", "parts", "credits", "message"]
    frame = Listing(list(lines), columns=heads, dtype=str)
    if not numbers:
        frame["receiver"] = [mask(one) for one in frame["receiver"]]
    return frame.astype({"parts": "int64", "call": "int64"})


def senders_of(senders: Iterable[Sender]) -> pd.DataFrame:
    """The senders of an account."""
    rows = [(one.name, one.status, one.kind, one.description) for one in senders]
    return pd.DataFrame(rows, columns=["sender", "status", "kind", "description"])


def jobs_of(jobs: Iterable[tuple[int, Mapping[str, object] | None]], *, numbers: bool) -> pd.DataFrame:
    """What waits at OVHcloud, by id; the keys may not see more than that."""
    names = ("receiver", "creationDatetime", "differedDelivery", "credits", "message")
    rows = [(identity, *((job or {}).get(name) for name in names)) for identity, job in jobs]
    heads = ["id", "receiver", "created", "minutes", "credits", "message"]
    return _looked_at(Listing(rows, columns=heads), "receiver", numbers=numbers).set_index("id")


def replies_of(replies: Iterable[Mapping[str, object]], *, numbers: bool) -> pd.DataFrame:
    """What people answered, by id."""
    names = ("id", "creationDatetime", "sender", "tag", "message")
    rows = [tuple(one.get(name) for name in names) for one in replies]
    frame = Listing(rows, columns=["id", "received", "from", "tag", "message"])
    return _looked_at(frame, "from", numbers=numbers).set_index("id")


def _looked_at(frame: pd.DataFrame, column: str, *, numbers: bool) -> pd.DataFrame:
    if not numbers:
        frame[column] = [mask(str(one)) if one else one for one in frame[column]]
        frame["message"] = [masked(str(one)) if one else one for one in frame["message"]]
    return frame


def _cells(one: RowResult) -> tuple[object, ...]:
    recipient, text = one.recipient, one.text
    return (
        one.line,
        recipient.msisdn if recipient else None,
        recipient.country if recipient else None,
        str(one.status),
        one.reason or None,
        text.body if text else None,
        str(text.encoding) if text else None,
        text.parts if text else None,
        one.credits,
        one.tag or None,
        one.id,
        one.sent_at,
        str(one.delivery) if one.delivery else None,
        one.delivered_at,
        str(one.repair) if one.repair else None,
    )


def _padded(row: Row, width: int) -> tuple[str, ...]:
    return (*row.fields, *[""] * (width - len(row.fields)))


def _number(one: RowResult, *, numbers: bool) -> str | None:
    if one.recipient is None:
        return None
    return one.recipient.msisdn if numbers else mask(one.recipient.msisdn)


def _reason(reason: str) -> tuple[str, str]:
    code, _, detail = reason.partition(": ")
    return code, masked(detail)
