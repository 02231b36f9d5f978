"""What somebody asks for although something stands in the way: the options of `run` that its remedy names, as buttons.

Nothing is decided here: a gate, a changed file or the process that sends names the option, and the command takes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from smscampaign.campaign import editions
from smscampaign.campaign.keywords import keyworded
from smscampaign.errors import NotConfirmed
from smscampaign.languages import mark, say
from smscampaign.model import EditionKind
from smscampaign.notebook.panel.labels import BY_KEYWORD
from smscampaign.notebook.panel.pieces import Form, Heard
from smscampaign.translation import told

AMEND, RESTART, SEND_AGAIN, NO_STRICT, IGNORE = (
    "--amend",
    "--restart",
    "--send-again",
    "--no-strict",
    "--ignore",
)

#: What each of these options does, as its button says.
OFFERS = {
    AMEND: mark("Send it as it is now to those who have not had it"),
    RESTART: mark("Begin anew: everybody gets it again"),
    SEND_AGAIN: mark("Send it although people had it before"),
    NO_STRICT: mark("Send the rows that are right without the others"),
}

#: Which edition they ask for: one of the two.
_EDITIONS = (AMEND, RESTART)

#: A setting by its name, as sentences about rows have it.
_SETTING = re.compile(r"`(\w+)`")

_NAMED = re.compile(r"(--(?:amend|restart|send-again|no-strict))\b(?!-)|--ignore (SMS\d+)")


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options that were asked for, and the rules of the linter whose errors are overruled."""

    options: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.options or self.overruled)

    def with_option(self, option: str) -> Wishes:
        """With one more; of two editions the last one counts."""
        other = _EDITIONS if option in _EDITIONS else (option,)
        return replace(self, options=(*(one for one in self.options if one not in other), option))

    def overruling(self, *rules: str) -> Wishes:
        """With these rules besides."""
        return replace(self, overruled=tuple(dict.fromkeys([*self.overruled, *rules])))

    @property
    def kind(self) -> EditionKind:
        """Which edition is asked for."""
        return editions.kind_of(amend=AMEND in self.options, restart=RESTART in self.options)

    @property
    def send_again(self) -> bool:
        """Whether people may get what they had before."""
        return SEND_AGAIN in self.options

    @property
    def settings(self) -> dict[str, Any]:
        """What they set for this time, by the settings' keys."""
        strict = {"limits.strict": False} if NO_STRICT in self.options else {}
        return strict | ({"lint.ignore": list(self.overruled)} if self.overruled else {})

    def words(self) -> list[str]:
        """The same for the command."""
        return [*self.options, *(word for one in self.overruled for word in (IGNORE, one))]


#: Nothing but the campaign as it is.
NO_WISHES = Wishes()


def named_in(sentences: Iterable[str]) -> Wishes:
    """The options that remedies name. They are the same words in every language."""
    found = [one for text in sentences for one in _NAMED.finditer(text)]
    options = dict.fromkeys(one[1] for one in found if one[1])
    if AMEND in options:  # who is asked whether those who had it are left out may say no
        options[RESTART] = None
    return Wishes(tuple(options), tuple(dict.fromkeys(one[2] for one in found if one[2])))


def without_options(sentence: str) -> str:
    """A sentence that was told already: what a button or a field says stands for its option.

    The others are said as Python says them.
    """
    shown = _NAMED.sub(lambda one: f"“{told(OFFERS[one[1]])}”" if one[1] else one[2], sentence)
    fields = {name: f"“{told(label)}”" for name, label in BY_KEYWORD.items()}
    shown = _SETTING.sub(lambda one: fields.get(one[1], one[0]), shown)
    return keyworded(shown, fields)


class Offers:
    """The buttons of what may be asked for here, and a field for the rule that is overruled; `asked` hears of the choice."""

    def __init__(self, wishes: Callable[[], Wishes], asked: Callable[[Wishes], object]) -> None:
        self._wishes, self._asked = wishes, asked
        self._offered = NO_WISHES

    def forms(self, hears: Callable[[Heard], Heard]) -> tuple[Form, Form]:
        """What they are made of; `hears` tells errors."""
        self.form = Form({"submit": hears(self._press)})
        self.rule = Form({"submit": hears(self._overrule)})
        return self.form, self.rule

    def draw(self, offered: Wishes, say_it: Callable[[Any], str], *, visible: bool = True) -> None:
        """What is `offered`, and what was asked for already."""
        self._offered, wishes = offered, self._wishes()
        buttons = [
            {"name": one, "label": say_it(OFFERS[one])}
            for one in offered.options
            if one not in wishes.options
        ]
        if wishes:
            buttons.append({"name": "back", "label": say_it(say("Take it back"))})
        self._show(self.form, visible=visible and bool(buttons))
        self.form.ask(buttons=buttons, note=" · ".join(_told(wishes, say_it)))
        rules = [one for one in offered.overruled if one not in wishes.overruled]
        self._show(self.rule, visible=visible and bool(rules))
        label = say("If it is meant so, type {rules}", rules=", ".join(rules))
        field = {"name": "rule", "label": say_it(label), "once": True, "size": 10}
        self.rule.ask([field], [{"name": "overrule", "label": say_it(say("It is meant so"))}])

    @staticmethod
    def _show(form: Form, *, visible: bool) -> None:
        form.layout.display = None if visible else "none"

    def _press(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        option = str(content["button"])
        if option == "back":
            self._asked(NO_WISHES)
        elif option in self._offered.options:
            self._asked(self._wishes().with_option(option))

    def _overrule(self, content: Mapping[str, Any], _: Sequence[bytes]) -> None:
        rule = str(content["values"]["rule"]).strip().upper()
        if rule not in self._offered.overruled:
            named = ", ".join(self._offered.overruled)
            raise NotConfirmed(say("Nothing was changed: the rule to be typed is {rules}.", rules=named))
        self._asked(self._wishes().overruling(rule))


def _told(wishes: Wishes, say_it: Callable[[Any], str]) -> Iterator[str]:
    """What was asked for, in words."""
    for one in wishes.options:
        yield say_it(say("Asked for: {what}", what=say(OFFERS[one])))
    if wishes.overruled:
        yield say_it(say("Meant so: {rules}", rules=", ".join(wishes.overruled)))
