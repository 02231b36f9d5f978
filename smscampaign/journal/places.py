"""Where a journal is kept: a file on this computer, or a PostgreSQL database that several machines work on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from smscampaign.errors import JournalProblem

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_POSTGRESQL = {"postgresql", "postgres", "postgresql+psycopg"}
#: A word of a command line that is one.
_ADDRESS = re.compile(r"(--journal=)?postgres\w*(\+\w+)?://")
#: What was meant as an address and is no URL. A path that begins with a dot or a slash is a path.
_ALMOST = re.compile(
    r"\s*(?![./~])(\w[\w+]*\s*[:;]?\s*//|postgres[\w+]*\s*[:;]|[^:]{2,}:.*@|(.*\s)?pass\w*\s*=)", re.I | re.S
)
# A password may hold every character that should have been escaped: it reaches to the last @ there is.
_PASSWORD = re.compile(r"(?<=://)([^:@]*):.*@", re.S)
_IN_QUERY = re.compile(r"([?&][^=&]*(?:pass|secret|options)[^=&]*=).*", re.I | re.S)
#: What libpq takes as a secret besides the password before the host.
_SECRETS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL database by its URL. Printed or in a traceback it shows no password."""

    url: str = field(repr=False)

    def __str__(self) -> str:
        return without_secrets(self.url)

    def parsed(self) -> URL:
        """As SQLAlchemy takes it, with the driver we use and without what `secrets` holds.

        Raises `JournalProblem` for a URL that is none.
        """
        url = self._made()
        # An @ in the host is one of the password's that should have been written as %40.
        if url is None or url.drivername not in _POSTGRESQL or not url.database or "@" in (url.host or ""):
            raise _unreadable()
        return url.set(drivername="postgresql+psycopg").difference_update_query(_SECRETS)

    def secrets(self) -> dict[str, str]:
        """What has to stay out of a URL, because SQLAlchemy shows a URL's query."""
        url = self._made()
        found = {} if url is None else {name: url.query.get(name) for name in _SECRETS}
        return {name: one if isinstance(one, str) else one[-1] for name, one in found.items() if one}

    def _made(self) -> URL | None:
        """None for a URL that is none. The errors of whoever reads it quote it, so they are forgotten."""
        try:
            return make_url(self.url)
        except (ArgumentError, ValueError):
            return None


Place = Path | Server


def place_of(text: str | Path) -> Place:
    """What a person wrote as a journal's place: with `://` in front a server, else a file.

    Raises `JournalProblem`, also for what looks like an address and would be a file with a password in its name.
    """
    if isinstance(text, Path) or not _URL.match(text):
        if _ALMOST.match(str(text)):
            raise _unreadable()
        return Path(text)
    server = Server(text)
    server.parsed()
    return server


def from_here(place: Place) -> str:
    """How a journal is named in a command: below the folder we are in by its way from there, anywhere else by all of it."""
    if not isinstance(place, Path):
        return str(place)
    path, here = place.resolve(), Path.cwd().resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def without_secrets(text: str) -> str:
    """A journal's URL, as a word of a command line too, with stars for its passwords; any other word as it is."""
    if not _ADDRESS.match(text):
        return text
    return _IN_QUERY.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))


def _unreadable() -> JournalProblem:
    # Not shown: where it is no URL, nobody can say where its password begins and ends.
    return JournalProblem(
        "this is no address of a PostgreSQL database",
        where="--journal",
        remedy="Write postgresql+psycopg://USER:PASSWORD@HOST/DATABASE, in the password %40 for @ and %2F for /, or the name"
        " of a file (./NAME if it looks like an address).",
    )
