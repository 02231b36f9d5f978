"""What every step of the panel is: a heading that opens it, and a body that is drawn while it is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets

from smscampaign.drawing import masked
from smscampaign.errors import CampaignError
from smscampaign.languages import Sentence, say
from smscampaign.notebook.panel.desk import Desk, nothing_yet
from smscampaign.notebook.panel.pieces import Form, Head, Heard, Page


class Step:
    """One of the five. `said` is where it tells what was wrong with what somebody did; `next` comes after it."""

    title: Sentence | str = ""

    def __init__(self, desk: Desk, number: int, opened: Callable[[Step], None]) -> None:
        self.desk = desk
        self.number = number
        self.head = Head({"open": lambda *_: opened(self)})
        self.said = Page()
        self.next: Step | None = None
        self.onward = Form({"submit": lambda *_: opened(self.next or self)})
        self.body = ipywidgets.VBox([self.said, *self.pieces(), self.onward])
        self.body.add_class("sms-body")
        self._told = ""

    def pieces(self) -> Sequence[ipywidgets.Widget]:
        """What the body is made of."""
        raise NotImplementedError

    def reachable(self) -> bool:
        """Whether the steps before it are right."""
        raise NotImplementedError

    def done(self) -> bool:
        """Whether it is right itself."""
        raise NotImplementedError

    def about(self) -> str:
        """Its heading's few words on where it stands: what it quotes is masked, its figures are not."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the body anew."""
        raise NotImplementedError

    @property
    def watching(self) -> bool:
        """Whether the journal is to be read with every beat, because a process is at work that may end unheard."""
        return False

    def beat(self) -> None:
        """Once a second, while it is open."""

    def show(self, *, opened: bool) -> None:
        """Draw heading and body."""
        reachable = self.reachable()
        if opened:
            self.draw()  # before it is seen: what it showed when it was closed may not be true any more
            self._draw_onward()
        self.body.layout.display = None if opened else "none"
        self.head.show(
            number=self.number,
            title=self.desk.say(self.title),
            about=self.about() if reachable else self.desk.say(nothing_yet()),
            open=opened,
            locked=not reachable,
            done=reachable and self.done(),
        )

    def _draw_onward(self) -> None:
        """The button that leads to the next step, once this one is right."""
        ready = self.next is not None and self.done() and self.next.reachable()
        self.onward.layout.display = None if ready else "none"
        title = self.desk.say(self.next.title) if self.next else ""
        label = self.desk.say(say("Go on: {step}", step=title))
        self.onward.ask(buttons=[{"name": "next", "label": label, "main": True}])

    def hears(self, act: Callable[[Mapping[str, Any], Sequence[bytes]], object]) -> Heard:
        """What is done with a message: errors are told where it was typed, and everything is drawn anew."""

        def heard(content: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
            try:
                self._told = ""
                act(content, buffers)
            except CampaignError as problem:
                self._told = self.desk.problem(problem)
            except Exception as defect:
                # A widget's messages are heard outside of any cell: nobody would see that it went wrong.
                self.tell(
                    self.desk.say(say("This is a defect of smscampaign: {kind}.", kind=type(defect).__name__))
                )
                raise
            self.tell()
            self.desk.redraw()

        return heard

    def complain(self, problem: CampaignError) -> None:
        """Say what went wrong; it stands there until something else is done."""
        self._told = self.desk.problem(problem)
        self.tell()

    def tell(self, *sentences: str) -> None:
        """Say something at the top of the body, beside what went wrong."""
        said = dict.fromkeys(filter(None, [self._told, *sentences]))
        self.said.html(*(f'<p class="sms-said" role="alert">{escape(masked(one))}</p>' for one in said))
