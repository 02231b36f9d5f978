"""How large the arithmetic of a message may get, so that a slip of the keyboard cannot fill a machine's memory.

`{{ name * 10 ** 9 }}`, `{{ name.ljust(99999999) }}` and their like are refused before they are worked out. This guards
against accidents: whoever writes the message also runs the program. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

LARGEST = 10_000
"""The longest text or list, in items, and the largest number, in bits, that a message may make: 60 SMS of 160 characters."""

LONGEST_RANGE = 1_000

# A width of five digits in `'%99999d'` or `'{:99999}'`, or one taken from a value: `'%*d'`, `'{:{}}'`.
_WIDE = re.compile(
    r"%(?:\([^)]*\))?[-+ #0]*(?:\d*\.)?(?:\d{5}|\*)"  # printf-style: key, flags, width, precision
    r"|\{[^{}]*:[^{}]*(?:\d{5}|\{)"  # str.format: field, format specification
)


class TooLarge(Exception):
    """Something in the message would make a text, list or number beyond reason."""


def check_product(operator: str, left: Any, right: Any) -> None:
    """Raise TooLarge for `left * right`, `left ** right` or `left % right` (formatting) out of bounds."""
    if operator == "%":
        check_format(left)
        return
    if isinstance(left, int) and isinstance(right, int):
        size = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
    else:
        size = max(_repeated(left, right), _repeated(right, left))
    if size > LARGEST:
        raise TooLarge("the result of a multiplication or power is too large")


def _repeated(items: Any, times: Any) -> int:
    repeats = isinstance(times, int) and isinstance(items, str | list | tuple)
    return len(items) * times if repeats else 0


def check_format(text: Any) -> None:
    """Raise TooLarge for a format (`%` or `str.format`) with a width beyond four digits, or one taken from a value."""
    if isinstance(text, str) and _WIDE.search(text):
        raise TooLarge("a format asks for a width of five digits or more, or takes it from a value")


def check_sizes(args: Iterable[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise TooLarge when a size handed to a filter or method, such as a width, is beyond `LARGEST`."""
    if any(isinstance(size, int) and abs(size) > LARGEST for size in (*args, *kwargs.values())):
        raise TooLarge(f"a size is larger than {LARGEST:,}")


def short_range(*bounds: int) -> range:
    """`range`, up to `LONGEST_RANGE` items. Raises TooLarge beyond."""
    numbers = range(*bounds)
    if len(numbers) > LONGEST_RANGE:
        raise TooLarge(f"a range is longer than {LONGEST_RANGE:,}")
    return numbers


def sized(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with the arguments after its first held to `check_sizes`."""

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check_sizes(args[1:], kwargs)
        return function(*args, **kwargs)

    return checked
