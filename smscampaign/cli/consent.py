"""The yes without which nothing is done: the plan's code, given by --confirm, typed in a terminal, or left out by --yes."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import NamedTuple

import typer

from smscampaign.campaign.codes import typed
from smscampaign.campaign.plans import Plan
from smscampaign.cli import commands
from smscampaign.cli.screen import note
from smscampaign.errors import NotConfirmed, SettingsProblem, for_shell
from smscampaign.translation import told

#: In place of a code: it is read from standard input, so that no list of processes shows it.
HANDED = "-"


class Confirmation(NamedTuple):
    """What is asked: what the yes does ("send 3 messages"), and what holds without it ("nothing was sent")."""

    what: str
    undone: str
    look: str = "To do it:"


@dataclass(frozen=True, slots=True)
class Consent:
    """What the command line says of it: the code of a plan, --yes, or neither. `again` is the command without them."""

    again: str
    code: str = ""
    yes: bool = False

    @classmethod
    def of(cls, ctx: typer.Context) -> Consent:
        """Raises `SettingsProblem` for both at once."""
        code, yes = ctx.params["confirm"], ctx.params["yes"]
        if code is not None and yes:
            raise SettingsProblem(
                "--yes takes whatever plan there is, and --confirm only the one that was approved: one of them",
                where="--confirm",
            )
        if code == HANDED:
            code = _handed()
        again = commands.command_line(ctx, without=("--confirm", "--yes", "-y"))
        return cls(again, "" if code is None else typed(code) or "?", yes)

    @property
    def may_ask(self) -> bool:
        """Whether there is somebody to type the plan's code."""
        return not (self.yes or self.code) and sys.stdin is not None and sys.stdin.isatty()

    def check(self, plan: Plan, undone: str) -> None:
        """Raise `NotConfirmed` where --confirm names another plan than this."""
        if self.code and not plan.is_confirmed_by(self.code):
            word = " A restart takes a word before its code." if plan.again else ""
            rehearsed = self.code == plan.rehearsal_code
            other = " That is the code of its rehearsal." if rehearsed else word
            raise NotConfirmed(
                f"{undone}: this is not the plan that --confirm names",
                where="--confirm",
                remedy="A plan changes with the file, the message and the settings, with where it is sent and from which"
                f" account.{other} Look at this one:\n{self.again}",
            )

    def _way(self, plan: Plan) -> str:
        """The option that says yes to it; a plan of a recurring campaign has another code tomorrow."""
        recurs = plan.campaign.settings.recurring and not plan.again
        return "--yes" if recurs else f"--confirm {for_shell(plan.yes)}"

    def given(self, plan: Plan, question: Confirmation) -> str:
        """The words that name the plan, once somebody said yes to it. Raises `NotConfirmed`.

        For a restart --yes is not enough, because people get it twice.
        """
        self.check(plan, question.undone)
        if self.code or (self.yes and not plan.again):
            return plan.yes
        if sys.stdin is None or not sys.stdin.isatty():
            why = "--yes does not answer for a restart, and " if self.yes else ""
            raise NotConfirmed(
                f"{question.undone}: {why}there is nobody here to ask",
                remedy=f"{question.look}\n{self.again} {self._way(plan)}",
            )
        sys.stderr.write(told(f"Type {plan.yes} to {question.what}, anything else to stop:") + " ")
        sys.stderr.flush()
        try:
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            note(f"\n{question.undone[0].upper()}{question.undone[1:]}.")
            raise
        if not plan.is_confirmed_by(answer):
            raise NotConfirmed(
                f"{question.undone}: that was not the plan's code",
                remedy=f"To do it after all:\n{self.again}",
            )
        return plan.yes


def _handed() -> str:
    """The code that whoever started this hands over, as one line of JSON with the keys of the account.

    `{"confirm": "A1B2", "environment": {"OVH_CONSUMER_KEY": "…"}}`. Raises `NotConfirmed` where the line is not that, or
    where there is none because the one who was to write it is gone: then nothing is done at all.
    """
    line = "" if sys.stdin is None else sys.stdin.readline()
    try:
        handed = json.loads(line)
        code, keys = str(handed["confirm"]), dict(handed.get("environment", {}))
    except (ValueError, KeyError, TypeError):
        code, keys = "", {}
    if not code or not all(
        name.startswith("OVH_") and isinstance(value, str) for name, value in keys.items()
    ):
        raise NotConfirmed(
            "nothing was sent: no code came on standard input",
            where="--confirm -",
            remedy='It is one line: {"confirm": "CODE"}.',
        )
    os.environ.update(keys)
    return code
