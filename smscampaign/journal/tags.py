"""The tag that all calls of a plan carry: derived from what is sent, so that whoever sends the same again has the same tag.

OVHcloud keeps it for each message (https://eu.api.ovh.com/1.0/sms.json, `GET /outgoing?tag=`): there a campaign is found of
which no journal here knows. Of the same campaign once more, by a restart or after others, the tag is the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

import platformdirs
from sqlalchemy import Connection, select

from smscampaign.journal import schema
from smscampaign.journal.store import Inputs, Journal

_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789"

#: With the number of a call behind it, it stays within the 20 characters that OVHcloud is known to take.
LENGTH = 10

#: Gateways that reach nobody: what is only rehearsed may be rehearsed as often as one likes.
REHEARSED = frozenset({"sandbox", "fake"})


def derived(ingredients: Mapping[str, str], nth: int) -> str:
    """The tag of a campaign that is made from these and sent for the n-th time.

    Neither its name nor the account is among them: a file may be renamed, and each account is asked for its own history.
    Nor are corrections: they become part of the campaign, whose tag stays what it was.
    """
    sent = {name: value for name, value in ingredients.items() if name != "corrections"}
    named = json.dumps([nth, sent], sort_keys=True)
    number = int.from_bytes(hashlib.sha256(named.encode("utf-8", "surrogateescape")).digest())
    signs = []
    for _ in range(LENGTH):
        number, sign = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[sign])
    return "".join(signs)


def chance() -> str:
    """A tag that nobody else has: of what reaches nobody, and of corrections, which have no calls by themselves."""
    return "".join(secrets.choice(_SIGNS) for _ in range(LENGTH))


def free(
    connection: Connection, gateway: str, ingredients: Mapping[str, str], *, used: Collection[str] = ()
) -> str:
    """The first tag of a campaign that no other one of this journal has begun with, and that is not known as `used`."""
    if gateway in REHEARSED:
        return chance()
    campaign = schema.campaign.c
    begun = connection.execute(select(campaign.tag).where(campaign.begun_at.is_not(None))).scalars()
    taken = {*begun, *used}
    return next(tag for tag in (derived(ingredients, nth) for nth in count(1)) if tag not in taken)


def first(journal: Journal, inputs: Inputs) -> str:
    """The tag of a plan that is made now."""
    with journal.reading() as connection:
        return free(connection, inputs.gateway, inputs.ingredients)


@contextmanager
def held(tag: str, refuse: Callable[[], Exception]) -> Iterator[None]:
    """Nobody else on this computer, as far as it is the same user, sends under this tag until the block ends.

    Two copies of a campaign know nothing of each other, and OVHcloud shows what one of them sends only afterwards. Raises
    what `refuse` makes where somebody does. Where no such lock can be made, OVHcloud's word stands alone.
    """
    from filelock import FileLock, Timeout  # which loads asyncio

    folder = _folder()
    lock = FileLock(folder / f"{tag}.lock", mode=0o600)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise refuse() from None
    except (OSError, NotImplementedError):
        yield
        return
    try:
        yield
    finally:
        lock.release()


def began(tag: str, owner: str) -> None:
    """Note that a campaign begins under this tag now, from the journal that `owner` names, where a note can be kept."""
    with suppress(OSError):
        _folder().mkdir(parents=True, exist_ok=True)
        _began(tag).write_bytes(os.fsencode(owner))


def never_began(tag: str) -> None:
    """Take the note back: nothing left."""
    with suppress(OSError):
        _began(tag).unlink(missing_ok=True)


def began_elsewhere(tag: str, owner: str, within: timedelta) -> bool:
    """Whether another journal began under this tag here so short a time ago that OVHcloud need not show it yet."""
    try:
        age = time.time() - _began(tag).stat().st_mtime
        return abs(age) < within.total_seconds() and _began(tag).read_bytes() != os.fsencode(owner)
    except OSError:
        return False


def _folder() -> Path:
    return Path(platformdirs.user_cache_dir("smscampaign")) / "tags"


def _began(tag: str) -> Path:
    return _folder() / f"{tag}.began"
