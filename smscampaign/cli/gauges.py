"""Small bars in a terminal, beside the figure that they draw: in eighths of a block, or in `#` where a terminal has none."""

from __future__ import annotations

import sys

#: Columns of a whole bar: with a status and a figure before it, a line has less than 80.
WIDE = 30
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def gauge(part: int, whole: int) -> str:
    """A bar as long as that part of the whole; whatever is not nothing can be seen."""
    eighths = max(8 * WIDE * part // whole, 1) if part and whole else 0
    full, rest = divmod(min(eighths, 8 * WIDE), 8)
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        return "#" * max(full, 1 if eighths else 0)
    return (_EIGHTHS[8] * full + _EIGHTHS[rest]).rstrip()
