"""How much work one text may make, and how large anything in it may get, so that a slip in a message fills no memory.

`{{ name * 10 ** 9 }}`, `{{ name.ljust(99999999) }}`, `{% set x = x ~ x %}` forty times and their like are refused before they
are worked out. This guards against accidents: whoever writes the message also runs the program. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import islice
from typing import Any

LONGEST_MESSAGE = 20_000
"""Characters of the message as it is written, conditions and all."""

LARGEST = 10_000
"""The longest text or list, in characters and items, and the largest number, in bits: 60 SMS of 160 characters."""

MOST_WORK = 1_000_000
"""What the operations of one text may handle together, in characters and items: a hundred times the largest text."""

# What an operation costs besides its characters, and a node of Jinja2's tree in a loop.
_EACH, _NODE = 20, 100

BEYOND = f"something in it has more than {LARGEST:,} characters"

_DEEPEST = 8  # lists in lists

_SIZED = frozenset({"center", "ljust", "rjust", "zfill", "round", "truncate"})

# A width of five digits in `'%99999d'` or `'{:99999}'`, or one taken from a value: `'%*d'`, `'{:{}}'`.
_WIDE = re.compile(
    r"%(?:\([^)%]*\))?[-+ #0]*(?:\d*\.)?(?:\d{5}|\*)"  # printf-style: key, flags, width, precision
    r"|\{[^{}:]*:[^{}]*(?:\d{5}|\{)"  # str.format: field, format specification
)


class TooLarge(Exception):
    """Something in the message would make a text, list or number beyond reason, or work without end."""


def size(value: Any, depth: int = 0) -> int:
    """Characters, items with theirs, or bits. Raises TooLarge beyond `LARGEST`, as soon as it gets there."""
    if depth > _DEEPEST:
        raise TooLarge("lists stand inside lists too deeply")
    if isinstance(value, str):
        total = len(value)
    elif isinstance(value, int):
        total = value.bit_length()
    elif isinstance(value, list | tuple | dict):
        total = 0
        for item in (part for pair in value.items() for part in pair) if isinstance(value, dict) else value:
            total = bounded(total + 1 + size(item, depth + 1))
    else:
        total = 0
    return bounded(total)


def bounded(total: int) -> int:
    """The size itself. Raises TooLarge beyond `LARGEST`."""
    if total > LARGEST:
        raise TooLarge(BEYOND)
    return total


def check_operation(operator: str, left: Any, right: Any) -> None:
    """Raise TooLarge for a sum, product or formatting (`%`) whose result would be out of bounds."""
    sizes = size(left), size(right)
    if operator == "%":
        check_format(left, right)
    elif operator == "+" or (isinstance(left, int) and isinstance(right, int)):
        bounded(sum(sizes))
    else:
        bounded(max(_repeated(left, right), _repeated(right, left)))


def _repeated(items: Any, times: Any) -> int:
    repeats = isinstance(times, int) and isinstance(items, str | list | tuple)
    return size(items) * times if repeats else 0


def check_format(text: Any, values: Any = ()) -> None:
    """Raise TooLarge for a format (`%` or `str.format`) with a width beyond four digits, or one taken from a value."""
    if not isinstance(text, str):
        return
    if _WIDE.search(text):
        raise TooLarge("a format asks for a width of five digits or more, or takes it from a value")
    bounded((text.count("%") + text.count("{")) * size(values))


class Work:
    """The work that is left for one text."""

    def __init__(self) -> None:
        self._left = MOST_WORK

    def begin(self, texts: int = 1) -> None:
        """Another text, or so many of them."""
        self._left = MOST_WORK * texts

    def spend(self, amount: int) -> None:
        """Raises TooLarge where that is more than is left."""
        self._left -= amount
        if self._left < 0:
            raise TooLarge("it is endless, or far too much work")

    def operation(self, operator: str, left: Any, right: Any) -> None:
        """Before `left + right` and the like is worked out."""
        check_operation(operator, left, right)
        self.spend(_EACH + size(left) + size(right))

    def items(self, values: Iterable[Any], length: int) -> list[Any]:
        """What a loop goes over, whose body has `length` nodes. Raises TooLarge for a loop that is too long."""
        found = _materialised(values) if isinstance(values, Iterator) else list(values)
        self.spend(_NODE * length * bounded(len(found)))
        return found

    def joined(self, values: list[Any]) -> str:
        """What `~` makes."""
        self.spend(_EACH + bounded(sum(map(size, values))))
        return "".join(map(str, values))

    def kept(self, value: Any) -> Any:
        """A value that is given a name."""
        self.spend(_EACH + size(value))
        return value

    def watched(self, name: str, function: Callable[..., Any], value: Any = None) -> Callable[..., Any]:
        """A filter, or a method of `value`, with everything it is given and gives held to the bounds."""
        passed = int(hasattr(function, "jinja_pass_arg"))  # Jinja2's own argument before the others

        @wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            given = [_materialised(one) if isinstance(one, Iterator) else one for one in args[passed:]]
            everything = [*([] if value is None else [value]), *given, *kwargs.values()]
            self.spend(_EACH + sum(map(size, everything)))
            if name in _SIZED:
                list(map(bounded, (abs(one) for one in everything[1:] if isinstance(one, int))))
            _check_growth(name, everything)
            result = function(*args[:passed], *given, **kwargs)
            size(result)
            return result

        return checked


def _check_growth(name: str, values: list[Any]) -> None:
    """Raise TooLarge for what makes much of little: a replacement, a list joined, a format."""
    texts = [one for one in values if isinstance(one, str)]
    if name == "replace" and len(texts) > 2:
        bounded(len(texts[0]) + (len(texts[0]) if not texts[1] else texts[0].count(texts[1])) * len(texts[2]))
    elif name == "join":
        lengths = [len(one) for one in values if isinstance(one, str | list | tuple | dict)]
        bounded(lengths[0] * lengths[1] if len(lengths) > 1 else 0)  # the items and what stands between them
    elif name == "format":
        check_format(values[0], values[1:])


def _materialised(values: Iterator[Any]) -> list[Any]:
    found = list(islice(values, LARGEST + 1))
    bounded(len(found))
    return found
