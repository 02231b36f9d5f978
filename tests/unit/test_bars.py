"""Progress is drawn on a terminal and nowhere else."""

import io
import sys

import pytest

from smscampaign import bars
from smscampaign.model import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "drawn"), [(Terminal(), True), (io.StringIO(), False)])
def test_only_a_terminal_sees_bars(stream, drawn, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(bars, "DELAY", 0)
    with bars.Bars() as watch:
        watch(Progress("planning", 10, None))
        watch(Progress("sending", 1, 4, "1 credits"))
        watch(Progress("sending", 4, 4, "4 credits"))
    assert ("Sending" in stream.getvalue()) is drawn


def test_what_is_quick_draws_nothing(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    assert bars.DELAY >= 0.1
    monkeypatch.setattr(bars, "DELAY", 60)  # a busy machine may stand still for the usual one
    with bars.Bars() as watch:
        watch(Progress("sending", 4, 4))
    assert "Sending" not in stream.getvalue()


def test_where_there_is_no_terminal_a_line_a_minute_says_how_far_it_is(monkeypatch):
    stream, now = io.StringIO(), [1000.0]
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(bars.time, "monotonic", lambda: now[0])
    monkeypatch.delitem(
        sys.modules, "IPython", raising=False
    )  # other tests load it, and it draws bars of its own
    with bars.Bars(lasting=True) as watch:
        for minute in range(6):
            for _ in range(3):
                watch(Progress("sending", 500 * minute, 5000, "12 credits"))
                now[0] += 20
        watch(Progress("planning", 7, None))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "Sending: 500 of 5 000 messages, about 9 min left (12 credits)"
    assert lines[1] == "Sending: 1 000 of 5 000 messages, about 8 min left (12 credits)"
    assert len(lines) == 5


def test_how_far_it_is_can_be_told_again_and_again_without_a_total(monkeypatch):
    """A bar of tqdm without a total has no truth value: asking for it was a defect, at the second time."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(bars, "DELAY", 0)
    with bars.Bars() as watch:
        for done in (0, 3, 7):
            watch(Progress("planning", done, None))
    assert "Planning" in stream.getvalue()
