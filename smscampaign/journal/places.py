"""Where a journal is kept: a file on this computer, or a PostgreSQL database that several machines work on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from smscampaign.errors import JournalProblem

_SECRET = re.compile(r"(?<=://)([^/@\s:]*):[^/\s]*@|([?&](?:ssl)?password=)[^&\s]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_POSTGRESQL = {"postgresql", "postgres", "postgresql+psycopg"}


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL database by its URL. Printed or in a traceback it shows no password."""

    url: str = field(repr=False)

    def __str__(self) -> str:
        return without_secrets(self.url)

    def parsed(self) -> URL:
        """As SQLAlchemy takes it, with the driver we use. Raises `JournalProblem` for a URL that is none."""
        try:
            url = make_url(self.url)
        except (ArgumentError, ValueError) as error:
            raise _unreadable(self.url) from error
        if url.drivername not in _POSTGRESQL or not url.database:
            raise _unreadable(self.url)
        return url.set(drivername="postgresql+psycopg")


Place = Path | Server


def place_of(text: str | Path) -> Place:
    """What a person wrote as a journal's place: with `://` in front a server, else a file. Raises `JournalProblem`."""
    if isinstance(text, Path) or not _URL.match(text):
        return Path(text)
    server = Server(text)
    server.parsed()
    return server


def without_secrets(text: str) -> str:
    """A URL, or a word of a command line, with stars for its passwords."""
    return _SECRET.sub(lambda found: f"{found[1]}:***@" if found[2] is None else f"{found[2]}***", text)


def _unreadable(url: str) -> JournalProblem:
    return JournalProblem(
        "this is no address of a PostgreSQL database",
        where=without_secrets(url),
        remedy="Write --journal postgresql+psycopg://USER@HOST/DATABASE, or the name of a file.",
    )
