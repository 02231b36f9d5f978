"""The pieces the panel is made of: what they show and what is typed into them travels as messages, never as synced state.

Synced state is kept in notebooks; a message is seen by those who look, and gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

#: What hears a message of a piece: its content, and the bytes that came with it.
Heard = Callable[[Mapping[str, Any], Sequence[bytes]], object]

_STATIC = Path(__file__).with_name("static")
_COMMON = (_STATIC / "common.js").read_text("utf-8")


def _esm(name: str) -> str:
    return f"{_COMMON}\n{(_STATIC / name).read_text('utf-8')}"


class Piece(anywidget.AnyWidget):  # type: ignore[misc]
    """One piece. What it showed last is shown again to whoever opens the page later."""

    words = traitlets.Dict().tag(sync=True)

    def __init__(
        self, heard: Mapping[str, Heard] | None = None, words: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(words=dict(words or {}))
        self._heard = dict(heard or {})
        self._shown: dict[str, Any] | None = None
        self.on_msg(self._hear)

    def show(self, **content: Any) -> None:
        """Draw this, unless it is what is drawn already."""
        made = {"kind": "show", **content}
        if made != self._shown:
            self._shown = made
            self.send(made)

    def tell(self, kind: str, **content: Any) -> None:
        """Say something once."""
        self.send({"kind": kind, **content})

    def _hear(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "ready" and self._shown is not None:
            self.send(self._shown)
        if kind in self._heard:
            self._heard[kind](content, [bytes(one) for one in buffers])


class Head(Piece):
    """The heading of a step."""

    _esm = _esm("head.js")


class Page(Piece):
    """HTML in which everything that is not ours was escaped."""

    _esm = _esm("page.js")

    def html(self, *parts: str) -> None:
        """Show these parts."""
        self.show(html="".join(parts))


class Form(Piece):
    """Fields with labels, and buttons."""

    _esm = _esm("form.js")

    def ask(
        self,
        fields: Sequence[Mapping[str, Any]] = (),
        buttons: Sequence[Mapping[str, Any]] = (),
        note: str = "",
    ) -> None:
        """Show these fields and buttons."""
        self.show(fields=[dict(one) for one in fields], buttons=[dict(one) for one in buttons], note=note)


class Bar(Piece):
    """How far something is."""

    _esm = _esm("bar.js")

    def __init__(self, label: str) -> None:
        super().__init__(words={"label": label})


class Drop(Piece):
    """Where a file is dropped."""

    _esm = _esm("drop.js")


class Grid(Piece):
    """The rows that cannot be sent."""

    _esm = _esm("grid.js")


class Phone(Piece):
    """The text and what it becomes."""

    _esm = _esm("phone.js")


class Pulse(Piece):
    """The heartbeat; it brings the styles of all pieces along."""

    _esm = _esm("pulse.js")
    _css = (_STATIC / "panel.css").read_text("utf-8")
