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
