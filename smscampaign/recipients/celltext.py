"""A cell of a DataFrame or a workbook as the text it stands for: 33612345678.0 is a number that shared its column with an
empty cell. Standard library only.
"""

from __future__ import annotations

import decimal
import numbers
from datetime import datetime


def text_of(value: object) -> str:
    """A cell's text: numbers in digits, whole ones without a point, dates as ISO 8601 with a space before the time."""
    if isinstance(value, str):
        # Half a surrogate pair is no character: no file and no journal can hold it.
        return (
            value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return ""
    # numpy registers its integers as Integral, and its float64 is a float. True is an Integral too.
    if isinstance(value, float | decimal.Decimal | numbers.Integral) and not isinstance(value, bool):
        number = (
            decimal.Decimal(int(value))
            if isinstance(value, numbers.Integral)
            else decimal.Decimal(str(value))
        )
        return _digits(number)
    return _moment(value) if isinstance(value, datetime) else str(value)


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
