"""A comparison of texts in words and cells, for terminals and pages."""

from __future__ import annotations

from datetime import datetime

from smscampaign.experiments.grades import Comparison, Grade, Measured, Verdict
from smscampaign.languages import mark, say
from smscampaign.translation import told

_DID = {"replies": mark("replied"), "stops": mark("said STOP"), "outcome": mark("did it")}
_GRADES = {
    Grade.NOT_YET: mark("not yet"),
    Grade.TOO_FEW: mark("too few"),
    Grade.NO_DIFFERENCE: mark("no difference"),
    Grade.PROMISING: mark("promising"),
    Grade.SIGNIFICANT: mark("significant"),
}
_VERDICTS = {
    Grade.TOO_FEW: mark("Too few people did it, or did not, to tell the texts apart."),
    Grade.NO_DIFFERENCE: mark("No difference that these numbers can show."),
    Grade.PROMISING: mark("Promising, and not sure: no text is called better."),
}

#: The heads of a table of pairs; the second column holds figures.
PAIRS = (mark("pair"), mark("points apart"), mark("between"), mark("how surely"))


def heads(measure: str) -> tuple[str, ...]:
    """The heads of a table of texts; all but the first and the last column hold figures."""
    return mark("text"), mark("people"), _DID[measure], mark("share"), mark("between (95 %)")


def measured(one: Measured) -> tuple[str, ...]:
    """The cells of one text."""
    low, high = one.interval
    share, people, did = percent(one.counted.share), _figure(one.counted.of), _figure(one.counted.did)
    return called(one.name), people, did, share, f"{percent(low)} – {percent(high)}"


def pair(one: Comparison) -> tuple[str, ...]:
    """The cells of one pair."""
    low, high = one.interval
    names = " – ".join(map(called, (one.one, one.other)))
    return names, _points(one.apart), f"{_points(low)} … {_points(high)}", told(_GRADES[one.grade])


def called(name: str) -> str:
    """A text by its name; who was held out got nobody's."""
    return name or told(mark("nobody’s"))


def verdict(found: Verdict, *, end: datetime, now: datetime) -> str:
    """What can be said of it, in one sentence of the reader's language."""
    if now < end:
        at = f"{end.astimezone():%Y-%m-%d %H:%M %Z}"
        return told(say("Not yet: it was set beforehand that the texts are compared on {end}.", end=at))
    if found.winner is not None:
        winner = found.winner or told(mark("no message at all"))
        return told(say("Significant: {winner} does better than each of the others.", winner=winner))
    return told(_VERDICTS.get(found.grade, _VERDICTS[Grade.TOO_FEW]))


def percent(share: float) -> str:
    """`8.3 %`."""
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _figure(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
