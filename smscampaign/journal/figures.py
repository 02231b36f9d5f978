"""The figures of a campaign, as `outcomes` reads them out of a journal: what became of its rows, its price, who answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

from smscampaign.journal.values import plain
from smscampaign.model import Delivery, Reason, Status

K = TypeVar("K", bound=Hashable)


class Group(NamedTuple):
    """Messages that are alike: how many, of how many parts, and what they cost by the rates; None where no rate is known.

    `delivery`, `ptt` and `operator` (the code of a network) are those of accepted messages; None and empty where not known.
    """

    status: Status
    country: str
    delivery: Delivery | None
    ptt: int | None
    operator: str
    messages: int
    parts: int
    credits: Decimal | None


class Fared(NamedTuple):
    """How messages fared that went to one country, or over one network: `parts` and `credits` are of the accepted ones.

    `credits` by the rates; None where one of these is not known.
    """

    messages: int
    accepted: int
    delivered: int
    failed: int
    parts: int
    credits: Decimal | None


class Unsent(NamedTuple):
    """Rows that were not sent for one reason, and the first of them."""

    reason: Reason
    rows: int
    line: int


class Because(NamedTuple):
    """Messages of one status with the same sentence beside it."""

    status: Status
    detail: str
    messages: int


class Times(NamedTuple):
    """How many messages left and how many arrived, in steps of `size` from `start` (UTC) on.

    `undated` arrived, and nobody said when.
    """

    start: datetime | None
    size: timedelta
    left: tuple[int, ...]
    delivered: tuple[int, ...]
    undated: int


class Bill(NamedTuple):
    """The forecast against what was charged, of the calls whose price OVHcloud told and whose rates are known.

    `charged` is all that was charged in the series. Of it OVHcloud told the price of all calls but `unpriced`, which are
    reckoned by the rates. `compared` calls were forecast to cost `forecast` and were billed `billed`; `differing` of them
    cost something else, the worst of them by `furthest`.
    """

    charged: Decimal
    unpriced: int
    compared: int
    forecast: Decimal
    billed: Decimal
    differing: int
    furthest: Decimal


class Answered(NamedTuple):
    """What came back: people who answered and who said STOP, no reply; replies, and answers that may be to others."""

    people: int
    stops: int
    replies: int
    possible: int


class Doubted(NamedTuple):
    """Calls that were in doubt and became the same: `open`, `found`, `not-there`, `assumed-sent` or `resent`."""

    became: str
    calls: int
    receivers: int


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The figures of a campaign. Each row of its file is in `groups` or in `unsent`, and in one of them.

    `editions`: how many have begun. `answered` is None where replies were never fetched. `first` and `last`: when the first
    call and the last were made (UTC).
    """

    editions: int
    first: datetime | None
    last: datetime | None
    groups: tuple[Group, ...]
    unsent: tuple[Unsent, ...]
    because: tuple[Because, ...]
    times: Times
    bill: Bill
    answered: Answered | None
    doubted: tuple[Doubted, ...]

    @property
    def rows(self) -> int:
        """Everybody: each row of the file, and whoever has the campaign from before and stands in it no more."""
        return self.sendable + sum(one.rows for one in self.unsent)

    @property
    def sendable(self) -> int:
        """The rows with a message."""
        return sum(one.messages for one in self.groups)

    @property
    def accepted(self) -> int:
        """The messages that OVHcloud took."""
        return self.by_status[Status.ACCEPTED]

    @property
    def delivered(self) -> int:
        """The messages that a network says arrived."""
        return self.by_delivery[Delivery.DELIVERED]

    @property
    def by_status(self) -> Counter[Status]:
        """The rows by what became of them."""
        found = _counted(self.groups, lambda one: one.status)
        for one in self.unsent:
            found[one.reason.status] += one.rows
        return found

    @property
    def by_delivery(self) -> Counter[Delivery]:
        """The accepted messages by what the network says."""
        return _counted(self.groups, lambda one: one.delivery)

    @property
    def by_country(self) -> dict[str, Fared]:
        """How the messages to each country fared (`FR`), those with the most of them first."""
        return _fared(self.groups, lambda one: one.country)

    @property
    def by_operator(self) -> dict[str, Fared]:
        """How accepted messages fared by the code of their network; empty where no receipt has named it."""
        return _fared([one for one in self.groups if one.status is Status.ACCEPTED], lambda one: one.operator)

    @property
    def failures(self) -> Counter[int | None]:
        """The messages that were accepted and failed, by the code of the reason."""
        return self.codes(Delivery.FAILED)

    def codes(self, delivery: Delivery) -> Counter[int | None]:
        """The accepted messages of which a network said this, by the code of the reason; None where it gave none."""
        found: Counter[int | None] = Counter()
        for one in self.groups:
            if one.delivery is delivery:
                found[one.ptt] += one.messages
        return found

    @property
    def forecast(self) -> Decimal | None:
        """What the accepted messages cost by the rates; None where one of these is not known."""
        priced = [one.credits for one in self.groups if one.status is Status.ACCEPTED]
        known = [one for one in priced if one is not None]
        return plain(sum(known, Decimal(0))) if len(known) == len(priced) else None

    def each(self, people: int) -> Decimal | None:
        """What was charged for each of so many people, to a thousandth of a credit; None for nobody."""
        return plain(round(self.bill.charged / people, 3)) if people else None


def _counted(groups: Sequence[Group], key: Callable[[Group], K | None]) -> Counter[K]:
    found: Counter[K] = Counter()
    for one in groups:
        if (name := key(one)) is not None:
            found[name] += one.messages
    return found


def _fared(groups: Sequence[Group], key: Callable[[Group], str]) -> dict[str, Fared]:
    alike: dict[str, list[Group]] = {}
    for one in groups:
        alike.setdefault(key(one), []).append(one)
    found = {name: _together(some) for name, some in alike.items()}
    return dict(sorted(found.items(), key=lambda one: (-one[1].messages, one[0])))


def _together(groups: Sequence[Group]) -> Fared:
    taken = [one for one in groups if one.status is Status.ACCEPTED]
    priced = [one.credits for one in taken if one.credits is not None]
    ended = _counted(groups, lambda one: one.delivery)
    return Fared(
        messages=sum(one.messages for one in groups),
        accepted=sum(one.messages for one in taken),
        delivered=ended[Delivery.DELIVERED],
        failed=ended[Delivery.FAILED],
        parts=sum(one.parts for one in taken),
        credits=plain(sum(priced, Decimal(0))) if len(priced) == len(taken) else None,
    )
