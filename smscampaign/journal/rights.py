"""A journal and what stands beside it are for their owner only, whatever rights they came with."""

from __future__ import annotations

from pathlib import Path

from smscampaign.databases import COMPANIONS, open_to_others
from smscampaign.errors import JournalProblem


def kept_to_owner(journal: Path, mark: Path) -> tuple[str, ...]:
    """Narrow those that are there to mode 0600; answers a remark on each that others can read all the same.

    Raises `JournalProblem` for one that others can read and somebody else owns.
    """
    names = [journal.name + suffix for suffix in ("", *COMPANIONS)]
    try:
        seen = open_to_others([mark, *map(journal.with_name, names)])
    except PermissionError as error:
        raise JournalProblem(
            "others can read this file, which holds numbers and texts, and it belongs to somebody else",
            where=str(error.filename),
            remedy="Let its owner narrow it: chmod 600 FILE.",
        ) from None
    return tuple(f"Others can read {one.name}: the file system keeps no rights" for one in seen)
