"""A cell of a DataFrame or a workbook as the text it stands for: 33612345678.0 is a number that shared its column with an
empty cell. Standard library only.
"""

from __future__ import annotations

import decimal
import math
import numbers
from datetime import datetime, time, timedelta
from typing import Any


class NoText(ValueError):
    """A value that is no text, number, day or time."""


def texts_of(column: Any) -> list[str]:
    """The cells of a DataFrame's column. Raises NoText."""
    kind = column.dtype
    if getattr(kind, "kind", "") == "f" and kind.itemsize < 8:
        # As Python's numbers they would have digits that nobody wrote: 19.9 is 19.899999618530273 then.
        return [
            text_of(float(one))
            for one in map(str, column.to_numpy(dtype=f"f{kind.itemsize}", na_value=math.nan))
        ]
    return list(map(text_of, column.tolist()))


def text_of(value: object) -> str:
    """A cell's text: numbers in digits, whole ones without a point, dates as ISO 8601 with a space before the time.

    Raises NoText for a list and its like, which would be sent as a program writes them.
    """
    if isinstance(value, str):
        # Half a surrogate pair is no character: no file and no journal can hold it.
        return (
            value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    kind = type(value).__name__
    if value is None or kind in {"NAType", "NaTType"}:
        return ""
    if kind in {"datetime64", "timedelta64"}:  # numpy's, in a column of objects
        return text_of(value.astype(f"{kind}[us]").item())  # type: ignore[attr-defined]
    # numpy registers its integers as Integral, and its float64 is a float. True is an Integral too.
    if isinstance(value, float | decimal.Decimal | numbers.Integral) and not isinstance(value, bool):
        return _digits(_exact(value))
    return _of_time(value) if isinstance(value, datetime | time | timedelta) else _other(value)


def _exact(value: float | decimal.Decimal | numbers.Integral) -> decimal.Decimal:
    if isinstance(value, float):
        # 15 digits are what a computer keeps of a decimal: 0.1 + 0.2 is 0.3.
        return decimal.Decimal(str(value) if value.is_integer() else f"{value:.15g}")
    return value if isinstance(value, decimal.Decimal) else decimal.Decimal(int(value))


def _other(value: object) -> str:
    kind = type(value)
    if kind.__name__ in {"float16", "float32"}:
        return text_of(float(str(value)))
    if isinstance(value, bytes | bytearray) or hasattr(value, "__array__"):
        raise NoText(f"a {kind.__name__} is no text")
    if kind.__str__ is object.__str__ and not isinstance(value, bool):
        raise NoText(f"a {kind.__name__} is no text")
    return str(value)


def _of_time(value: datetime | time | timedelta) -> str:
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, time):
        return value.isoformat("minutes" if value.second == value.microsecond == 0 else "auto")
    # Hours that add up, as spreadsheets show them: 26:05.
    seconds = round(abs(value).total_seconds())
    shown = f"{seconds // 3_600}:{seconds // 60 % 60:02d}" + (f":{seconds % 60:02d}" if seconds % 60 else "")
    return f"-{shown}" if value < timedelta(0) and seconds else shown


def _moment(moment: datetime) -> str:
    """`2026-01-02`, or `2026-01-02 10:30`: spreadsheets keep a day as its midnight."""
    if moment.tzinfo is None and moment.time() == datetime.min.time():
        return moment.date().isoformat()
    whole = moment.second == moment.microsecond == 0
    return moment.isoformat(sep=" ", timespec="minutes" if whole else "auto")


def _digits(number: decimal.Decimal) -> str:
    if number.is_nan():
        return ""
    if not number:
        return "0"  # of -0.0 and 0E+3 too
    whole = number.is_finite() and number == number.to_integral_value()
    return f"{number.to_integral_value():f}" if whole else str(number)
