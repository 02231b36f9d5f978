"""One case: a file is read to its end, or refused in words; in bounded time and memory, and the same twice."""

from __future__ import annotations

import time
from pathlib import Path

from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.recipients.choices import Choices
from smscampaign.recipients.sources import open_recipients

#: Seconds that no small file may take, on a busy machine.
PATIENCE = 20.0


def read(path: Path, choices: Choices | None = None) -> int | str:
    """The number of rows, or what was said instead. Raises AssertionError when a law is broken, and what else goes wrong."""
    begin = time.monotonic()
    try:
        source = open_recipients(path, choices)
        lines = [row.line for row in source.rows()]
        fields = [row.fields for row in source.rows()]
    except (FileProblem, SettingsProblem) as problem:
        return _said(problem)
    finally:
        assert time.monotonic() - begin < PATIENCE, "a small file takes too long"
    assert lines, "a file without rows is a FileProblem"
    assert lines == sorted(set(lines))
    assert lines[0] > source.header_line
    assert len(fields) == len(lines)
    assert len(source.names) == len(source.header)
    assert all(any(map(str.strip, cells)) for cells in fields)
    assert all("\0" not in cell for cells in fields for cell in cells)
    for cells in fields:
        "".join(cells).encode()
    return len(lines)


def _said(problem: FileProblem | SettingsProblem) -> str:
    assert problem.remedy, problem.what
    assert "\n" not in problem.what
    return type(problem).__name__
