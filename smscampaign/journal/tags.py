"""The tag that all calls of a plan carry: derived from what is sent, so that whoever sends the same again has the same tag.

OVHcloud keeps it for each message (https://eu.api.ovh.com/1.0/sms.json, `GET /outgoing?tag=`): there a campaign is found of
which no journal here knows. Of the same campaign once more, by a restart or after others, the tag is the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import sys
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

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789"

#: With the number of a call behind it, it stays within the 20 characters that OVHcloud is known to take.
LENGTH = 10

#: A note of a tag is removed then: no settling time is as long.
OLD = timedelta(days=30)

#: Gateways that reach nobody: what is only rehearsed may be rehearsed as often as one likes.
REHEARSED = frozenset({"sandbox", "fake"})

_SAID = re.compile(r"(\d{1,18}@\d{1,18}) (.*)", re.DOTALL)


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


class Note:
    """What this computer, as far as it is the same user, knows of a tag at one `gateway`: a file in the user's cache folder.

    It is locked while somebody sends under the tag, and says how far the journal had come that did so last, and by its time
    when. Where no file can be kept, OVHcloud's word stands alone.
    """

    def __init__(self, gateway: str, tag: str) -> None:
        self._path = Path(platformdirs.user_cache_dir("smscampaign")) / "tags" / f"{gateway}-{tag}"

    @contextmanager
    def held(self, refuse: Callable[[], Exception]) -> Iterator[bool]:
        """Nobody else sends under this tag until the block ends: that holds unless no file can be kept.

        Raises what `refuse` makes where somebody does.

        Two copies of a campaign know nothing of each other, and OVHcloud shows what one of them sends only afterwards.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _tidy(self._path.parent)
            handle = _held(self._path)
        except OSError:
            yield False
            return
        if handle is None:
            raise refuse()
        try:
            yield True
        finally:
            os.close(handle)

    def say(self, word: str, journal: object) -> None:
        """The `journal` that sends under this tag has come as far as `word` says (`editions.last_word`); "": nothing left."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(os.fsencode(f"{word} {journal}"))

    def said(self, within: timedelta = OLD) -> tuple[str, str]:
        """The word, and the journal, that were said last, unless that is longer ago; empty where nothing was."""
        try:
            age = abs(time.time() - self._path.stat().st_mtime)
            found = _SAID.fullmatch(os.fsdecode(self._path.read_bytes()))
        except OSError:
            return "", ""
        return (found[1], found[2]) if found and age < within.total_seconds() else ("", "")


def _held(path: Path) -> int | None:
    """The file, open and locked until it is closed; None where somebody else holds it. Raises `OSError`."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            if not _lock(handle):
                os.close(handle)
                return None
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), path.stat()):
                    return handle
        except OSError:
            os.close(handle)
            raise
        os.close(handle)  # it was removed as an old one before it was locked: there may be another by now


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(handle, 2**30, os.SEEK_SET)  # behind its text: what is locked there nobody else can read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _tidy(folder: Path) -> None:
    """Remove what is too old to matter, and held by nobody."""
    for path in folder.iterdir():
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > OLD.total_seconds():
                handle = _held(path)
                if handle is not None:
                    path.unlink()
                    os.close(handle)
