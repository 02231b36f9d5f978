"""The files of a campaign, and the tag that marks its calls."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

_TAG = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_tag() -> str:
    """Ten random characters that mark all calls of one campaign: two campaigns never share one."""
    return "".join(secrets.choice(_TAG) for _ in range(10))


@dataclass(frozen=True, slots=True)
class Files:
    """What stands beside the recipients; a rehearsal has its own, so that it never passes for the real thing."""

    journal: Path
    results: Path
    sandbox: Path

    @classmethod
    def beside(cls, path: Path, *, rehearsal: bool) -> Files:
        """The files of the campaign whose recipients are at `path`."""
        mark = ".sandbox" if rehearsal else ""
        return cls(
            path.with_name(f"{path.stem}{mark}.journal.sqlite"),
            path.with_name(f"{path.stem}{mark}.results.csv"),
            path.with_name(f"{path.stem}.sandbox.sqlite"),
        )
