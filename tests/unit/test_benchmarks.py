"""What `make bench` makes of a missed bound. The benchmarks themselves are too long for a test."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.bounds import BOUNDS, Bound, Figure
from tests.browser import labs

RATE = "POST /jobs to the sandbox, one receiver"


def test_every_benchmark_is_in_the_table() -> None:
    modules = {path.stem for path in Path(bench.__file__).parent.glob("bench_*.py")}
    assert modules == set(BOUNDS)


@pytest.mark.parametrize(
    ("comparison", "good", "bad"),
    [("<", [0.99, -1], [1, 1.01]), ("<=", [1], [1.01]), (">", [1.01], [1, 0.99]), (">=", [1, 23], [0.99])],
)
def test_a_bound_is_kept_or_not(comparison: str, good: list[float], bad: list[float]) -> None:
    bound = Bound(comparison, 1)
    assert [bound.kept(value) for value in good] == [True] * len(good)
    assert [bound.kept(value) for value in [*bad, float("nan")]] == [False] * (len(bad) + 1)


@pytest.mark.parametrize(
    ("unit", "limit"),
    [("ms", 6), ("s", 6), ("calls/s", 1.5), ("messages/s", 1.5), ("MB", 3), ("x", 3), ("", 3)],
)
def test_bounds_on_time_are_for_a_machine_of_a_certain_speed(unit: str, limit: float) -> None:
    assert Bound("<", 3).on(2, unit) == Bound("<", limit)


@pytest.mark.parametrize(
    ("figures", "status", "said"),
    [
        ([Figure(RATE, 512, "calls/s", 0), Figure("for scale", 1)], 0, []),
        ([Figure(RATE, 23, "calls/s", 0)], 1, [f"missed: {RATE}: 23 calls/s, to reach > 400 calls/s"]),
        ([Figure("something else", 512)], 1, [f"missed: {RATE}: not measured"]),
    ],
)
def test_a_run_ends_with_1_and_names_what_was_missed(
    figures: list[Figure],
    status: int,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bench.importlib, "import_module", lambda name: SimpleNamespace(rows=lambda: figures))
    monkeypatch.setattr(bench.machine, "slower", lambda: 1.0)
    monkeypatch.setitem(BOUNDS, "bench_sandbox", {RATE: BOUNDS["bench_sandbox"][RATE]})
    assert bench.main(["sandbox"]) == status
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("missed")] == said


def test_what_needs_a_browser_is_skipped_with_a_sentence_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(labs, "DRIVER", None)
    monkeypatch.setattr(bench.machine, "slower", lambda: 1.0)
    assert bench.main(["panel"]) == 0
    assert "bench_panel: skipped, because it needs a browser: apt-get install" in capsys.readouterr().out


def test_a_benchmark_that_there_is_not_is_no_success() -> None:
    assert bench.main(["none"]) == 2
