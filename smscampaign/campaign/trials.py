"""One message to oneself: a campaign of its own, with one row and a journal in the user's state folder.

So its intent and its outcome are durable, and it is sent once, by the same code. It is no contact: whoever gets the
campaign as well has it again.
"""

from __future__ import annotations

import csv
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import platformdirs

from smscampaign.campaign.campaigns import Campaign
from smscampaign.drawing import masked
from smscampaign.errors import SettingsProblem
from smscampaign.languages import ENGLISH, tell
from smscampaign.model import Message, Recipient
from smscampaign.phone.normaliser import Normaliser

#: Seconds after which the files of a trial are removed by the next one.
KEPT = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A campaign of one message, and where its journal is."""

    campaign: Campaign
    journal: Path


def receiver(campaign: Campaign, number: str) -> Recipient:
    """Whom a number as a person types it is of, read as those in the file are. Raises `SettingsProblem`."""
    return read_number(campaign.recipe().normaliser, number, where="--to")


def read_number(normaliser: Normaliser, number: str, *, where: str) -> Recipient:
    """Whom a number is of. Raises `SettingsProblem`."""
    (read,) = normaliser.column([number])
    if isinstance(read, Recipient):
        return read
    raise SettingsProblem(
        masked(tell(read.detail, ENGLISH)).rstrip("."),
        where=where,
        remedy="Write it with its country code, such as +33 6 … for France.",
    )


def trial_of(campaign: Campaign, message: Message, to: Recipient) -> Trial:
    """A campaign that sends the text of one message to `to` and is otherwise as this one; its file is made now (0600)."""
    return trial_to(to, message.text.body, _options(campaign, to))


def trial_to(
    to: Recipient, text: str, options: Mapping[str, Any], places: Mapping[str, str] = MappingProxyType({})
) -> Trial:
    """The same for any text, with settings that were given at `places`. Raises `SettingsProblem`."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(folder)
    # A name and a file of its own each time: the same text may be sent as often as one likes.
    name = f"test-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    file = folder / f"{name}.csv"
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
    ) as out:
        csv.writer(out).writerows([("number", "text", "test"), (to.msisdn, text, name)])
    own = {"name": name, "message": "{{ text }}", "region": to.country, "limits.repeat_days": 0}
    given = {key: value for key, value in {**own, **options}.items() if value is not None}
    return Trial(Campaign.load(file, options=given, places=places), folder / f"{name}.journal.sqlite")


def journals() -> list[Path]:
    """Of what was sent so on this computer."""
    return list(_folder().glob("test-*.journal.sqlite"))


def _folder() -> Path:
    return Path(platformdirs.user_state_dir("smscampaign")) / "tests"


def _options(campaign: Campaign, to: Recipient) -> dict[str, object]:
    """The settings that say how a message is sent; what is about many messages or another moment is left out."""
    settings, sending = campaign.settings, campaign.settings.sending
    return {
        "purpose": settings.purpose,
        "region": settings.region or to.country,
        "sender": settings.sender,
        "account": settings.account,
        "advertiser": settings.advertiser,
        "limits.parts": settings.limits.parts,
        "lint.ignore": settings.lint.ignore,
        "sending.validity": sending.validity,
        "sending.priority": sending.priority,
        "sending.class": sending.message_class,
        "sending.coding": sending.coding,
        "sending.settle": sending.settle,
    }


def _sweep(folder: Path) -> None:
    """They hold a number and a text: after a month they go, unless somebody is at work on them."""
    oldest = time.time() - KEPT
    for one in folder.glob("test-*"):
        with suppress(OSError):
            if one.lstat().st_mtime < oldest:
                one.unlink()
