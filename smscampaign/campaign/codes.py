"""The code of a plan: four characters that somebody types, or approves beforehand, to have exactly this plan sent.

It stands for the campaign's name and all its ingredients, for where it is sent and from which account, and for the edition:
of which kind it is, and what had happened to the campaign when it was planned.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from smscampaign.gateway.endpoints import SANDBOX
from smscampaign.journal.store import Record
from smscampaign.model import EditionKind

# Without letters and digits that are taken for one another.
_SIGNS = "ACDEFHJKMNPQRTUVWXY34679"

#: The word that goes before the code of a restart, by which people get the campaign twice.
AGAIN = "AGAIN"


def code_of(record: Record, *, account: str | None = None) -> str:
    """The code of a plan; `account` instead of the one that it is sent from, empty for whichever the keys see.

    A journal's numbers of editions and its tags are no part of it: a dry run plans in a journal of its own.
    """
    inputs = record.inputs
    sent_from = inputs.account if account is None else account
    named = (
        inputs.name,
        inputs.fingerprint,
        inputs.gateway,
        # The only account of a sandbox is its own, so that none is told apart there.
        "" if inputs.gateway == SANDBOX else sent_from,
        record.kind.value,
        "" if record.seen is None else str(record.seen),
    )
    number, code = (
        int(hashlib.sha256("\0".join(named).encode("utf-8", "surrogateescape")).hexdigest(), 16),
        "",
    )
    for _ in range(4):
        number, digit = divmod(number, len(_SIGNS))
        code += _SIGNS[digit]
    return code


def rehearsal_code(record: Record) -> str:
    """The code under which the campaign of a plan is rehearsed for the first time."""
    inputs = replace(record.inputs, gateway=SANDBOX)
    return code_of(replace(record, inputs=inputs, kind=EditionKind.FIRST, seen=None))


def typed(words: str) -> str:
    """A code as it is compared: in capitals, with single spaces."""
    return " ".join(words.split()).upper()
