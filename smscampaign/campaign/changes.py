"""Whether a campaign is still what was planned, and how it differs when it is not."""

from __future__ import annotations

from smscampaign import journal
from smscampaign.errors import (
    ChangedInputs,
)
from smscampaign.journal import Record


def same(record: Record, inputs: journal.Inputs) -> bool:
    """Whether the plan was made from these inputs, for this gateway."""
    return (record.inputs.fingerprint, record.inputs.gateway) == (inputs.fingerprint, inputs.gateway)


def same_or_refuse(record: Record, inputs: journal.Inputs) -> None:
    """Raise `ChangedInputs`, with every difference, unless the plan was made from these inputs."""
    if same(record, inputs):
        return
    before, after = record.inputs, inputs
    changes = [
        f"{name}: was {_short(before.ingredients.get(name, ''))}, is {_short(value)}"
        for name, value in after.ingredients.items()
        if before.ingredients.get(name) != value
    ]
    if before.gateway != after.gateway:
        changes.append(f"where it is sent: was {before.gateway}, is {after.gateway}")
    raise ChangedInputs(
        "this campaign has begun, and what it was planned from has changed:\n  " + "\n  ".join(changes),
        where=inputs.name,
        remedy="Put it back as it was to go on, or begin another campaign beside it with --journal FILE.",
    )


def _short(value: str) -> str:
    if len(value) == 64:
        return f"another content ({value[:8]})"
    return repr(value if len(value) <= 60 else f"{value[:57]}…")
