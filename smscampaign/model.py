"""The house's words, which are the field's and OVHcloud's own (docs/glossary.md): frozen types, standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Encoding(StrEnum):
    """How a text travels: 3GPP TS 23.038's 7-bit default alphabet, or UCS-2."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


class Purpose(StrEnum):
    """What the sender declares the campaign to be. Marketing carries the STOP clause; transactional leaves at once."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"


class Status(StrEnum):
    """What became of a row (`sms_status` in the results)."""

    REJECTED = "rejected"
    SUPPRESSED = "suppressed"
    PENDING = "pending"
    #: In results that are written when a run begins only: pending then, and sent to since, for all they know.
    RUNNING = "running"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    IN_DOUBT = "in-doubt"
    CANCELLED = "cancelled"


class EditionKind(StrEnum):
    """Why a campaign was planned: at first, for what is new, night after night, for what was put right or failed, for all."""

    FIRST = "first"
    AMENDMENT = "amendment"
    RECURRENCE = "recurrence"
    CORRECTION = "correction"
    RETRY = "retry"
    RESTART = "restart"

    @property
    def adds(self) -> bool:
        """Whether it takes the place of an edition for those who have not had the campaign."""
        return self in {EditionKind.AMENDMENT, EditionKind.RECURRENCE, EditionKind.RETRY}


class Delivery(StrEnum):
    """What the network says of an accepted message (`sms_delivery` in the results)."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    #: What can no longer be known: OVHcloud keeps its history for six months.
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a row is not sent. The values are stable: they stand in results files."""

    RAGGED_ROW = "ragged-row"
    NUMBER_MISSING = "number-missing"
    NUMBER_LETTERS = "number-letters"
    NUMBER_SEVERAL = "number-several"
    NUMBER_SPREADSHEET = "number-spreadsheet"
    NUMBER_TOO_SHORT = "number-too-short"
    NUMBER_TOO_LONG = "number-too-long"
    NUMBER_INVALID = "number-invalid"
    NUMBER_AMBIGUOUS = "number-ambiguous"
    NUMBER_LANDLINE = "number-landline"
    NUMBER_PREMIUM = "number-premium"
    NUMBER_SHORT_CODE = "number-short-code"
    NUMBER_UNKNOWN_TYPE = "number-unknown-type"
    COUNTRY_UNKNOWN = "country-unknown"
    KEY_MISSING = "key-missing"
    VALUE_MISSING = "value-missing"
    TEXT_EMPTY = "text-empty"
    TEXT_FAILED = "text-failed"
    TEXT_TOO_LONG = "text-too-long"
    DUPLICATE = "duplicate"
    ALREADY_SENT = "already-sent"
    SAME_TEXT_LATELY = "same-text-lately"
    DROPPED = "dropped"
    NOT_SELECTED = "not-selected"
    HELD_OUT = "held-out"
    NOT_IN_PRIOR = "not-in-prior"
    NOT_RETRIED = "not-retried"

    @property
    def status(self) -> Status:
        """A row that cannot be sent is rejected; one that may not be sent is suppressed."""
        return Status.SUPPRESSED if self in _LEFT_OUT else Status.REJECTED


_HAD = {Reason.DUPLICATE, Reason.ALREADY_SENT, Reason.SAME_TEXT_LATELY}
_LEFT_OUT = _HAD | {Reason.DROPPED, Reason.NOT_SELECTED, Reason.HELD_OUT}
_LEFT_OUT |= {Reason.NOT_IN_PRIOR, Reason.NOT_RETRIED}


class Repair(StrEnum):
    """What was wrong with a number that could be read in one way only (`sms_repair`); the values are stable."""

    LEADING_ZERO = "leading-zero"
    LEADING_PLUS = "leading-plus"
    DOUBLE_ZERO = "double-zero"
    BRACKETED_ZERO = "bracketed-zero"
    DECIMAL_ZERO = "decimal-zero"
    STRAY_SIGN = "stray-sign"
    RENUMBERED = "renumbered"


@dataclass(frozen=True, slots=True)
class Row:
    """One data row of the file: `line` is the spreadsheet's row number (header = 1), `fields` its cells as text."""

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A number that can be sent to: `msisdn` in E.164 with its plus, `country` as ISO 3166 alpha-2 (`FR`)."""

    msisdn: str
    country: str


@dataclass(frozen=True, slots=True)
class Rescued(Recipient):
    """A recipient whose number was not written as it should be, and what was put right."""

    repair: Repair


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered text with what it costs on the wire: `units` in septets (GSM-7) or UTF-16 code units (UCS-2)."""

    body: str
    encoding: Encoding
    units: int
    parts: int


@dataclass(frozen=True, slots=True)
class Message:
    """A row that can be sent; `key` is what gets one message, where that is not the number."""

    line: int
    recipient: Recipient
    text: Text
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that is not sent, the reason's code, and one sentence for a person (it may quote the cell: never log it).

    `suggestion` is what would put it right, where that can be guessed; `twin` is the row that has a duplicate's number;
    `had` is the message that its number had already: the edition's id in the journal, and its row there.
    """

    line: int
    reason: Reason
    detail: str
    suggestion: str = ""
    twin: int | None = None
    had: tuple[int, int] | None = None


Planned = Message | Rejection


@dataclass(frozen=True, slots=True)
class Terms:
    """What a campaign says with every call besides text and receivers.

    `validity` in minutes, `send_at` with a time zone; `message_class` and `coding` are deprecated, and sent only when set.
    """

    purpose: Purpose
    priority: str | None = None
    validity: int | None = None
    send_at: datetime | None = None
    message_class: str | None = None
    coding: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one `POST /sms/{serviceName}/jobs` carries. Without a sender the call asks for a short number."""

    tag: str
    sender: str | None
    body: str
    receivers: tuple[str, ...]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Accepted:
    """OVHcloud took the call: `receivers` were accepted, `invalid` were not. `ids` match neither by position."""

    ids: tuple[int, ...]
    receivers: tuple[str, ...]
    invalid: tuple[str, ...]
    credits: Decimal
    credits_left: Decimal | None


@dataclass(frozen=True, slots=True)
class Refused:
    """OVHcloud said no and took nothing. `stops` when every further call would be refused for the same reason."""

    code: str
    detail: str
    stops: bool = False


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call did not arrive, or was turned away at the door: `too_fast` (429), with the seconds of `retry_after` if named.

    `lapsed` when it was not even tried, because the claim on it had lapsed and another machine may be at it.
    """

    detail: str
    too_fast: bool = False
    retry_after: float | None = None
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have been taken; OVHcloud is asked before it is made again. `stops` when all others would be in doubt too."""

    detail: str
    stops: bool = False


Outcome = Accepted | Refused | NotSent | InDoubt


@dataclass(frozen=True, slots=True)
class Trace:
    """What OVHcloud's own records show of a chunk: message ids under its tag, and the receivers seen (E.164).

    `receivers` is None when the ids were enough to know that all of them are there.
    """

    ids: tuple[int, ...]
    receivers: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """OVHcloud could not be asked about all of it: the doubt stays. `receivers` were seen there; `later` it may answer."""

    detail: str
    receivers: frozenset[str] = frozenset()
    later: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An SMS account as `GET /sms/{serviceName}` describes it."""

    name: str
    description: str
    status: str
    credits_left: Decimal
    channel: str


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender as `GET /sms/{serviceName}/senders/{sender}` describes it; usable when its status is `enable`."""

    name: str
    status: str
    kind: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What became of one accepted message, by its OVHcloud id; `tag` is its call's, `operator` the code of a network."""

    id: int
    msisdn: str
    delivery: Delivery
    delivered_at: datetime | None
    ptt: int | None = None
    tag: str = ""
    left_at: datetime | None = None
    operator: str = ""


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many rows are not sent for one reason, with the first of them as an example."""

    reason: Reason
    count: int
    line: int
    detail: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class RepairCount:
    """How many messages go to numbers that were put right in one way, with the first of them as an example."""

    repair: Repair
    count: int
    line: int


@dataclass(frozen=True, slots=True)
class CountryCount:
    """What goes to one destination country."""

    country: str
    messages: int
    parts: int


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A sealed plan in figures: every data row of the file stands in `messages` or in `not_sent`.

    `parts` adds up all messages; `spread` says how many messages have how many parts; `chunks` is the number of API calls.
    """

    rows: int
    messages: int
    texts: int
    gsm7: int
    ucs2: int
    parts: int
    chunks: int
    not_sent: tuple[ReasonCount, ...]
    countries: tuple[CountryCount, ...]
    spread: tuple[tuple[int, int], ...]
    width: int
    blank: int
    repairs: tuple[RepairCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """Where a campaign stands: messages by status and delivery, calls by state, credits charged so far."""

    messages: dict[Status, int]
    chunks: dict[str, int]
    deliveries: dict[Delivery, int]
    credits: Decimal
    unpriced: int


@dataclass(frozen=True, slots=True)
class RowResult:
    """What the journal knows of one row of the file, for one line of the results."""

    line: int
    status: Status
    reason: str = ""
    recipient: Recipient | None = None
    text: Text | None = None
    credits: Decimal | None = None
    tag: str = ""
    id: int | None = None
    sent_at: datetime | None = None
    delivery: Delivery | None = None
    delivered_at: datetime | None = None
    suggestion: str = ""
    repair: Repair | None = None
    ptt: int | None = None


def e164(number: str) -> str:
    """An international number with its plus; OVHcloud may answer one with the prefix 00 instead."""
    return f"+{number.removeprefix('+').removeprefix('00')}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is; `total` is None while it is not known. `note` is a short word beside the bar."""

    stage: str
    done: int
    total: int | None
    note: str = field(default="", compare=False)
