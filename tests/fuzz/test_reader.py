"""No input makes a traceback, a hang, or more memory than its size warrants. `python -m tests.fuzz 600` goes on."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smscampaign.recipients.choices import Choices

from .files import VALID, edited
from .reading import read


@pytest.mark.parametrize("kind", VALID)
def test_the_files_that_are_edited_are_good_ones(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "people"
    path.write_bytes(VALID[kind])
    assert isinstance(read(path), int)


@pytest.mark.parametrize("kind", VALID)
def test_edited_files_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "people"
    outcomes = set()
    for seed in range(150 if kind in {"xlsx", "ods"} else 300):
        path.write_bytes(edited(kind, seed))
        outcomes.add(read(path))
    assert "FileProblem" in outcomes
    assert any(isinstance(one, int) for one in outcomes)
    # Linux counts in kilobytes; the whole test run stays far below.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            "utf-8",
            "utf-16",
            "utf-16-le",
            "cp1252",
            "utf-32",
            "shift_jis",
            "gb18030",
            "utf-8-sig",
            "hz",
            "ascii",
        ]
    ),
    st.sampled_from([None, ",", "tab", "'", " "]),
    st.sampled_from([None, 1, 3]),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=150,
    deadline=None,
)
def test_any_bytes_with_any_choices(
    tmp_path: Path, content: bytes, encoding: str, delimiter: str | None, header: int | None
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    read(path, Choices(encoding, delimiter, None, header))
