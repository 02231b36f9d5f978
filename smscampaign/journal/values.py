"""Values as a journal keeps them, the same on every engine."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Dialect, LargeBinary, TypeDecorator


class Credits(TypeDecorator[Decimal]):
    """A `Decimal` kept as whole millionths of a credit: exact, and a database can add it up."""

    impl = BigInteger
    cache_ok = True
    SCALE = 1_000_000

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Whole millionths; a finer fraction is an error rather than a rounding."""
        if value is None:
            return None
        scaled = value * self.SCALE
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} credits cannot be kept exactly")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """The credits, without trailing zeros."""
        return None if value is None else plain(Decimal(value) / self.SCALE)


class Instant(TypeDecorator[datetime]):
    """An aware moment, kept as whole microseconds since 1970 UTC: sorts, compares and reads the same on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds since 1970 UTC."""
        return None if value is None else round(value.timestamp() * 1_000_000)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """In UTC."""
        return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


class Key(TypeDecorator[bytes]):
    """What somebody gets one message of, where that is not the number: 16 bytes of hash. Nothing where it is the number."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: bytes | str | None, dialect: Dialect) -> bytes:
        """SQLite keeps the column's default, which is nothing, as an empty text."""
        return bytes(value) if value and not isinstance(value, str) else b""


def plain(value: Decimal) -> Decimal:
    """Without trailing zeros and never in scientific notation."""
    value = value.normalize()
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value
