"""The yes in a kernel: the code of the plan is typed into a box below the cell, so that no notebook holds one."""

from __future__ import annotations

import sys

from smscampaign.campaign.plans import Plan
from smscampaign.drawing import count
from smscampaign.errors import NotConfirmed
from smscampaign.model import Status
from smscampaign.translation import told


def in_kernel() -> bool:
    """Whether this runs in the kernel of a notebook, where cells are kept and all of them may be run at once."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def consent(plan: Plan, confirm: str, *, where: str) -> str:
    """What was said to this plan: in a kernel the words that are typed now, elsewhere `confirm`; empty for nothing.

    Raises `NotConfirmed` for words that stand in a cell, which "Run All" would say again.
    """
    if not in_kernel():
        return confirm.strip()
    if confirm.strip():
        raise NotConfirmed(
            "nothing was sent: in a notebook the code is typed and stands in no cell, where “Run All” would send by it",
            remedy="Take `confirm` out of the line and run the cell: a box for the code appears below it.",
        )
    waiting = plan.tally().messages.get(Status.PENDING, 0)
    messages = count(waiting, "message")
    # Where all of it left and some calls are in doubt, these are asked about.
    what = f"send {messages} through {where}" if waiting else "ask about the calls in doubt"
    try:
        return input(f"{told(f'Type {plan.yes} to {what}, anything else to stop:')} ").strip()
    except NotImplementedError:  # a notebook that a program runs has nobody who types
        return ""
