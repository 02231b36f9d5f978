"""Pictures by matplotlib, as figures for a notebook and as SVG that stands within a page. It is loaded by whoever draws.

Letters stay text, which is smaller and is read aloud and found; the same figures give the same picture, byte for byte.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from textwrap import wrap
from typing import Any

from smscampaign.drawing import figure
from smscampaign.errors import CampaignError
from smscampaign.languages import mark

INSTALL = 'pip install "smscampaign[report]"'
MISSING = mark("The pictures are drawn by matplotlib, which is not installed")

#: Inches across, at 11 points: letters are legible on a phone, where a picture of 338 points is drawn 328 wide.
_WIDE, _LETTERS = 4.7, 11
_BLUE, _ORANGE = "#1f5f99", "#a34a00"
_LONGEST, _LINES = 24, 3

# What would style the whole page, name files that nobody needs, or say when it was drawn.
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>|<\?xml.*?\?>|<!DOCTYPE.*?>", re.DOTALL)
_NAMED = re.compile(r'(\bid="|url\(#|href="#)')
_HEAD = re.compile(r"<svg\b[^>]*>")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BOX = re.compile(r'viewBox="[^"]*"')


@dataclass(frozen=True, slots=True)
class Bars:
    """Lying bars, the first at the top, each with its figure written out: nothing is told by colour alone."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """How two counts grew: the first drawn as a broken line, the other as a whole one, each with its name at its end."""

    names: tuple[str, str]
    values: tuple[tuple[int, ...], tuple[int, ...]]
    ticks: tuple[tuple[int, str], ...]


Picture = Bars | Curves


def figure_kind() -> Any:
    """Matplotlib's `Figure`. Raises `CampaignError` where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise CampaignError(
            mark("pictures are drawn by matplotlib, which is not installed"),
            where="plot",
            remedy=mark('Install it: pip install "smscampaign[report]".'),
        ) from error
    # Without pyplot, which would keep the figure and show it a second time.
    return Figure


def installed() -> bool:
    """Whether pictures can be drawn."""
    try:
        figure_kind()
    except CampaignError:
        return False
    return True


def draw_bars(axes: Any, bars: Bars) -> None:
    """Draw them on axes of matplotlib."""
    drawn = axes.barh(range(len(bars.names)), list(bars.values), color=_BLUE, height=0.62)
    axes.set_yticks(range(len(bars.names)), list(bars.names))
    axes.bar_label(drawn, list(bars.shown), padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.3)
    axes.set_xlim(left=0)
    axes.xaxis.set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _draw_curves(axes: Any, curves: Curves) -> None:
    for name, values, style, colour in zip(
        curves.names, curves.values, ("--", "-"), (_ORANGE, _BLUE), strict=True
    ):
        axes.plot(range(len(values)), list(values), style, color=colour, linewidth=2, label=name)
    axes.set_xticks([at for at, _ in curves.ticks], [shown for _, shown in curves.ticks])
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: figure(round(value)))
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=5)
    axes.grid(axis="y", color="#d0d0d0", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False, handlelength=3)


def drawing(picture: Picture, *, title: str = "") -> Any:
    """The picture as a figure of matplotlib. Raises `CampaignError` where that is not installed."""
    high = _high(picture) if isinstance(picture, Bars) else 3.0
    page = figure_kind()(figsize=(_WIDE, high + (0.4 if title else 0)), layout="constrained")
    axes = page.subplots()
    if isinstance(picture, Bars):
        draw_bars(axes, picture)
    else:
        _draw_curves(axes, picture)
    if title:
        page.suptitle(title)
    return page


def svg(picture: Picture, *, name: str, title: str, told: str) -> str:
    """The picture as an element of a page, where `name` is its own: its parts are named after it.

    `title` and `told` are what is read aloud. Raises `CampaignError` where matplotlib is not installed.
    """
    figure_kind()
    from matplotlib import rc_context

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "smscampaign",
        "font.family": "sans-serif",
        "font.size": _LETTERS,
        "axes.labelcolor": "#1a1a1a",
        "text.color": "#1a1a1a",
        "text.parse_math": False,
    }
    with rc_context(settings):
        page = drawing(picture)
        written = StringIO()
        with warnings.catch_warnings():
            # Of signs that its font does not have: letters stay text, and whoever reads it has fonts of his own.
            warnings.filterwarnings("ignore", message="Glyph")
            page.savefig(written, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _within_a_page(written.getvalue(), name, title, told)


def _high(bars: Bars) -> float:
    """Inches of bars: they have one distance, wide enough for the name with the most lines."""
    lines = 1 + max((one.count("\n") for one in bars.names), default=0)
    return 0.2 + (0.18 + 0.17 * lines) * len(bars.names)


def _within_a_page(drawn: str, name: str, title: str, told: str) -> str:
    drawn = _NAMED.sub(lambda found: f"{found[1]}{name}-", _DROPPED.sub("", drawn)).strip()
    box = _BOX.search(drawn)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {box[0] if box else ""}'
        f' role="img" aria-labelledby="{name}-title {name}-told" stroke-linejoin="round" stroke-linecap="butt">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-told">{escape(told)}</desc>'
    )
    return _HEAD.sub(lambda _: head, drawn, count=1)


def visible(text: str) -> str:
    """A text without signs that no page may hold: control characters, and halves of signs from names that are no UTF-8."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def short(name: str) -> str:
    """A name beside a bar, in three lines at most."""
    lines = wrap(visible(name), _LONGEST) or [""]
    return "\n".join(
        lines if len(lines) <= _LINES else [*lines[: _LINES - 1], f"{lines[_LINES - 1][: _LONGEST - 1]}…"]
    )


def bars(rows: Sequence[tuple[str, int | float, str]]) -> Bars:
    """Bars of names, lengths and what is written beside them."""
    return Bars(
        tuple(short(one) for one, _, _ in rows),
        tuple(float(one) for _, one, _ in rows),
        tuple(one for _, _, one in rows),
    )
