"""The fourth step: one to myself, the code, and how far it has come."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets

from smscampaign.drawing import duration, figure, local, masked
from smscampaign.errors import CampaignError, JournalProblem, NotConfirmed
from smscampaign.journal.drivers import AtWork
from smscampaign.languages import Sentence, say
from smscampaign.model import Status
from smscampaign.notebook.panel import sending
from smscampaign.notebook.panel.pieces import Bar, Form, Page
from smscampaign.notebook.panel.standing import Standing, forget_rehearsal
from smscampaign.notebook.panel.step import Step
from smscampaign.notebook.panel.trial import send_to_self
from smscampaign.notebook.panel.wishes import NO_WISHES, Offers, Wishes, named_in, without_options
from smscampaign.translation import speaking

#: The exit code of a process that sent nothing, so that what was wished for stands.
_NOTHING = 2

#: Seconds over which the rate is reckoned.
_LOOK_BACK = 20


class SendStep(Step):
    """Type the code of the plan; pause, go on, cancel. Nothing is sent by drawing it."""

    title = say("Send")

    def __init__(self, *given: Any, check: Step) -> None:
        super().__init__(*given)
        self._check, self._opened = check, given[2]

    def pieces(self) -> Sequence[ipywidgets.Widget]:
        """Where it goes, one to oneself, the code, the bar and its buttons."""
        self.way = Form({"change": self.hears(self._way)})
        self.trial = Form({"submit": self.hears(self._trial)})
        self.code = Form({"submit": self.hears(self._send)})
        self.bar = Bar(self.desk.say(say("How many messages have been sent")))
        self.page = Page()
        self.buttons = Form({"submit": self.hears(self._press)})
        self.cancel = Form({"submit": self.hears(self._cancel)})
        self._seen: deque[tuple[float, int]] = deque(maxlen=_LOOK_BACK)
        self._cancelling, self._refused = False, ""
        self._chosen: object = None  # the stamp with which a way was chosen
        self.offers = Offers(lambda: self.desk.wishes, self._wish)
        offers = self.offers.forms(self.hears)
        return [self.way, self.trial, self.code, self.bar, self.page, *offers, self.buttons, self.cancel]

    def reachable(self) -> bool:
        """Once the check is right, or it has begun."""
        look, standing = self.desk.current, self.desk.facts.standing
        return standing.begun or self.at_work or (look is not None and look.right) or self._share is not None

    @property
    def _share(self) -> float | None:
        """How much of the file was looked at again after another way was chosen here; None where that is over."""
        stamp = self.desk.stamp()
        return self.desk.overview.share(stamp) if self._chosen == stamp else None

    def done(self) -> bool:
        """Whether nothing is left to send."""
        standing = self.desk.facts.standing
        return standing.begun and not standing.open and not self.at_work

    def about(self) -> str:
        """How far it has come."""
        standing = self.desk.facts.standing
        if not standing.begun:
            return ""
        figures = {"done": figure(standing.done), "messages": figure(standing.messages)}
        return self.desk.say(say("{done} of {messages}", **figures))

    @property
    def at_work(self) -> bool:
        """Whether somebody is sending, or about to."""
        sent = self.desk.sent
        return self.desk.facts.standing.driver is not None or (sent is not None and sent.ended is None)

    @property
    def watching(self) -> bool:
        """While somebody is at work, and once after that."""
        return self.at_work or self.desk.sent is not None

    def beat(self) -> None:
        """Draw what the journal says by now, and what the process said that has ended."""
        if self._share is not None:
            self.desk.arrived()
            self.desk.redraw()
        if not self.watching:
            return
        if self.desk.facts.standing.begun:
            self._seen.append((time.monotonic(), self.desk.facts.standing.done))
        if not self.at_work:
            self._ended()
        self.desk.redraw()

    def _ended(self) -> None:
        """The process is gone: what it said is told where it did not do what it was to do."""
        sent, self.desk.sent = self.desk.sent, None
        self._seen.clear()
        if sent is None:
            return
        if sent.ended == _NOTHING:
            self.desk.wishes = sent.errand.wishes
            self.desk.read()
        self._refused = sent.error()
        with speaking(self.desk.language):
            self._told = without_options(self._refused)

    def draw(self) -> None:
        """What can be done now."""
        standing, work = self.desk.facts.standing, self.at_work
        look = self.desk.current
        # A campaign that has begun may have rows that were put right since.
        fresh = (
            look is not None
            and look.right
            and (not standing.begun or look.anew or look.waiting > standing.of(Status.PENDING))
        )
        self._draw_way(locked=standing.begun or work)
        self._draw_trial(visible=fresh and not standing.begun and not work)
        self._draw_code(visible=fresh and not work)
        self._draw_standing(standing)
        self._draw_buttons(standing, anew=look is not None and look.anew)
        self.offers.draw(named_in([self._refused]), self.desk.say, visible=not work)
        self.tell()

    def _draw_way(self, *, locked: bool) -> None:
        say_it = self.desk.say
        ways = [
            [
                "rehearsal",
                say_it(say("Rehearse: nobody is reached")),
            ],
            [
                "real",
                say_it(say("For real: people get it")),
            ],
        ]
        value = "rehearsal" if self.desk.rehearsal else "real"
        field = {
            "name": "way",
            "label": say_it(say("Where it goes")),
            "value": value,
            "options": ways,
            "live": True,
            "hint": say_it(
                say("A rehearsal goes to a look-alike on this computer; the real thing costs credits.")
            ),
        }
        self.way.ask([{**field, "disabled": locked}])

    def _draw_trial(self, *, visible: bool) -> None:
        say_it = self.desk.say
        self.trial.layout.display = None if visible else "none"
        labels = say_it(say("Your own number")), say_it(say("Its last four digits once more"))
        number = {"name": "number", "label": labels[0], "once": True, "inputmode": "tel", "size": 18}
        digits = {"name": "digits", "label": labels[1], "once": True, "inputmode": "numeric", "size": 6}
        button = {"name": "test", "label": say_it(say("Send one to myself"))}
        self.trial.ask([number, digits], [button])

    def _draw_code(self, *, visible: bool) -> None:
        look, say_it = self.desk.current, self.desk.say
        self.code.layout.display = None if visible and look is not None else "none"
        if look is None or not visible:
            return
        plan = look.plan
        price = say_it(look.credits)
        asked = say(
            "To send {messages} message (credits: {credits}), type the code of this plan: {code}",
            "To send {messages} messages (credits: {credits}), type the code of this plan: {code}",
            n=look.waiting,
            messages=figure(look.waiting),
            credits=price,
            code=plan.yes,
        )
        hint = say_it(say("Nothing is sent without it."))
        field = {
            "name": "code",
            "label": say_it(say("Code of the plan")),
            "once": True,
            "size": 10,
            "hint": hint,
        }
        button = {"name": "send", "label": say_it(say("Send now")), "main": True}
        self.code.ask([field], [button], say_it(asked))

    def _draw_standing(self, standing: Standing) -> None:
        shown, share = standing.begun or self.at_work, self._share
        for one in (self.bar, self.page):
            one.layout.display = None if shown or share is not None else "none"
        if not shown:
            if share is not None:
                self.bar.show(done=int(100 * share), most=100)
                self.page.html(f"<p>{escape(self.desk.say(say('The whole file is being looked at.')))}</p>")
            return
        self.bar.show(done=standing.done, most=max(standing.messages, 1))
        self.page.html(*(f"<p>{escape(self.desk.say(one))}</p>" for one in self._lines(standing)))

    def _lines(self, standing: Standing) -> list[Sentence | str]:
        driver, lines = standing.driver, list[Sentence | str]()
        if standing.begun and standing.tally is not None:
            figures = {"done": figure(standing.done), "messages": figure(standing.messages)}
            credits = figure(standing.tally.credits)
            lines.append(say("{done} of {messages} messages, {credits} credits", credits=credits, **figures))
        else:
            lines.append(say("It is being prepared …"))
        doubts = standing.of(Status.IN_DOUBT)
        if doubts and driver is None:
            lines.append(say("{figure} in doubt: resuming asks OVHcloud about them.", figure=figure(doubts)))
        if driver is not None:
            lines.append(self._pace(standing))
            lines.append(_at_work(driver))
            lines.append(say("It goes on when this notebook is closed."))
        elif standing.cancelled:
            lines.append(say("It was cancelled: nothing of it is sent any more."))
        elif standing.halt:
            lines.append(say("It paused: {why}", why=masked(self.desk.say(standing.halt))))
        elif standing.begun and standing.open and not self.at_work:
            lines.append(say("It stands still. Resume sends what is left; nobody gets it twice."))
        return lines

    def _pace(self, standing: Standing) -> Sentence:
        if len(self._seen) < 2 or self._seen[-1][1] == self._seen[0][1]:
            return say("Measuring how fast it goes …")
        (since, before), (now, done) = self._seen[0], self._seen[-1]
        rate = (done - before) / max(now - since, 0.001)
        left = self.desk.say(duration(standing.of(Status.PENDING) / rate / 60))
        return say("{rate} a minute; {left} left", rate=figure(round(rate * 60)), left=left)

    def _draw_buttons(self, standing: Standing, *, anew: bool) -> None:
        say_it, buttons = self.desk.say, list[dict[str, Any]]()
        if standing.driver is not None:
            buttons.append({"name": "pause", "label": say_it(say("Pause"))})
        elif standing.begun and standing.open and not self.at_work and not (standing.cancelled or anew):
            buttons.append({"name": "resume", "label": say_it(say("Resume")), "main": True})
        if standing.begun and standing.of(Status.PENDING) and not standing.cancelled and not self.at_work:
            buttons.append({"name": "cancel", "label": say_it(say("Cancel for good …"))})
        if standing.begun and self.desk.rehearsal and not self.at_work:
            buttons.append({"name": "anew", "label": say_it(say("Rehearse anew, from the beginning"))})
        self.buttons.layout.display = None if buttons else "none"
        self.buttons.ask(buttons=buttons)
        asking = self._cancelling and standing.begun and not self.at_work
        self.cancel.layout.display = None if asking else "none"
        if asking:
            left = figure(standing.of(Status.PENDING))
            note = say(
                "To drop {messages} messages for good, type the code: {code}",
                messages=left,
                code=standing.code,
            )
            field = {"name": "code", "label": say_it(say("Code of the plan")), "once": True, "size": 10}
            self.cancel.ask([field], [{"name": "cancel", "label": say_it(say("Cancel it"))}], say_it(note))

    def _way(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        self.desk.rehearsal = content["value"] != "real"
        self.desk.wishes, self._refused = NO_WISHES, ""
        self.desk.read()
        self.desk.see()
        self._chosen = self.desk.stamp()
        if self.desk.refused is not None:
            raise self.desk.refused

    def _trial(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        look, values = self.desk.current, content["values"]
        if look is None:
            return
        try:
            self._told = self.desk.say(
                send_to_self(look, self.desk.errand, str(values["number"]), str(values["digits"]))
            )
        except CampaignError as problem:
            problem.where = ""  # there is one field, and its option has no name here
            raise

    def _send(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        words = str(content["values"]["code"]).strip()
        if not words:
            return
        self._nobody_sends()
        look = self.desk.current
        if look is None:
            raise NotConfirmed(
                say("Nothing was sent: the plan has changed since it was shown. Look at it again.")
            )
        if not look.plan.is_confirmed_by(words):
            raise NotConfirmed(say("Nothing was sent: that is not the code of this plan."))
        self._start(words)

    def _nobody_sends(self) -> None:
        """Read anew, because another panel or a command may have begun. Raises `JournalProblem` for who is at work."""
        self.desk.read()
        driver = self.desk.facts.standing.driver
        if driver is not None:
            raise JournalProblem(_at_work(driver))
        if self.at_work:
            raise JournalProblem(say("It is being prepared …"))
        if self.desk.asking is not None:
            sending.end(self.desk.asking)  # it holds the sandbox of a rehearsal
            self.desk.asking = None

    def _start(self, words: str, command: str = "run") -> None:
        self._seen.clear()
        self._refused = ""
        self.desk.sent = sending.start(replace(self.desk.errand, command=command), words)
        # They are the process's now: what it begins is gone on with without them.
        self.desk.wishes = NO_WISHES
        self.desk.read()

    def _press(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        pressed, driver = content["button"], self.desk.facts.standing.driver
        if pressed == "pause":
            if driver is not None:
                sending.ask_to_stop(self.desk.errand, driver)
            return
        self._nobody_sends()
        if pressed == "resume":
            self._start(self.desk.facts.standing.code)
        elif pressed == "cancel":
            self._cancelling = True
        elif pressed == "anew":
            forget_rehearsal(self.desk.errand)
            self.desk.read()

    def _cancel(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        words = str(content["values"]["code"]).strip()
        if words:
            self._nobody_sends()
            self._cancelling = False
            self._start(words, "cancel")

    def _wish(self, wishes: Wishes) -> None:
        """Ask for something although it stands in the way: what that means is looked at before its code is typed."""
        self.desk.wishes = wishes
        self.desk.read()
        self._opened(self._check)


def _at_work(driver: AtWork) -> Sentence:
    """Who sends, for people: which process it is helps nobody, which computer does."""
    since = local(driver.since, short=True)
    if driver.host == socket.gethostname():
        return say("It is being sent from this computer, since {since}.", since=since)
    return say(
        "It is being sent from another computer ({host}), since {since}.", host=driver.host, since=since
    )
