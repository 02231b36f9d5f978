"""A piece of the account's history as one file: a handful of calls instead of one for each message, read line by line.

`GET /sms/{serviceName}/document` answers the id of a document that is empty until it has been written; it is then fetched
from an address of its own. Sources: https://eu.api.ovh.com/1.0/sms.json and https://eu.api.ovh.com/1.0/me.json.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from operator import itemgetter
from threading import Event
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.clients import TIMEOUT, Session, base_url, keep_at_home
from smscampaign.gateway.endpoints import is_loopback
from smscampaign.gateway.http import Api
from smscampaign.model import e164

#: Bytes of an export that is held as a whole, some 300 000 lines: what is larger is read by one call for each id.
LARGEST = 64 * 1024 * 1024

#: Seconds before each look at a document, which is empty until it has been written; together a little more than a minute.
LOOKS = (0.3, 1.2, 3.0, 5.0, 5.0, 10.0, 10.0, 15.0, 15.0)

#: Stands where the bytes of a text are no UTF-8.
ILLEGIBLE = "\N{REPLACEMENT CHARACTER}"

#: Characters without a line end: no text of a message is nearly so long.
_LONGEST_LINE = 1_000_000


class NoExport(Exception):
    """There is no such export, or no more of it: it was refused, is too large, was not written in time, or broke off."""


def exported(api: Api, path: str, tag: str, *, stop: Event) -> dict[int, str] | None:
    """The receivers of the messages under a tag by their ids, from an export; None when it cannot be had.

    It needs the right `GET /me/document/*`, which most keys lack: that is why it never fails aloud.
    """
    try:
        asked = {"wayType": "outgoing", "tag": tag}
        return receivers_of(pieces_of(api, f"{path}/document", asked, stop=stop, largest=LARGEST), tag)
    except (GatewayProblem, NoExport):
        return None


def receivers_of(pieces: Iterable[bytes], tag: str) -> dict[int, str] | None:
    """The receivers in an export by id, of the lines with this tag; None when it is not one."""
    found = {}
    try:
        for line in lines_of(pieces, ("id", "receiver", "tag")):
            if line[2] == tag:
                found[int(line[0])] = e164(line[1])
    except (NoExport, ValueError):
        return None
    return found


def lines_of(pieces: Iterable[bytes], columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """These columns (two at least) of each line of a CSV that comes piece by piece; texts may have line ends in them.

    Memory does not grow with it. A line with too few cells is passed over: whatever somebody's text did to it, the others
    are read. Raises `NoExport` for what is no such file.
    """
    rows = csv.reader(_text_lines(pieces), delimiter=";")
    try:
        head = next(rows, [])
        places = [head.index(name) for name in columns]
        longest, wanted = max(places), itemgetter(*places)
        for row in rows:
            if len(row) > longest:
                yield wanted(row)
    except (ValueError, csv.Error) as error:
        raise NoExport from error


def _text_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Text with its line ends, decoded as it comes: a piece may end within a character.

    What is no UTF-8 becomes `ILLEGIBLE`: numbers, tags and dates are ASCII, and one text must not cost all other lines.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + decoder.decode(piece)).split("\n")
        if len(rest) > _LONGEST_LINE:
            raise NoExport
        for line in whole:
            yield f"{line}\n"
    rest += decoder.decode(b"", True)
    if rest:
        yield rest


def pieces_of(api: Api, path: str, asked: dict[str, str], *, stop: Event, largest: int) -> Iterator[bytes]:
    """The bytes of an export as they arrive, once it has been written.

    Raises `GatewayProblem` when it may not be asked for, and `NoExport` when it cannot be had, also in its middle.
    """
    document = api.get(path, **asked)
    written = _written(api, document, stop, largest) if isinstance(document, str) else None
    if written is None or not _may_fetch(written[0], base_url(api.clients.endpoint)):
        raise NoExport
    yield from _fetched(*written, largest)


def _written(api: Api, document: str, stop: Event, largest: int) -> tuple[str, int] | None:
    """The address of a document once it has been written, and how many bytes it has."""
    for pause in LOOKS:
        if stop.wait(pause):
            return None
        kept: Any = api.get(f"/me/document/{quote(document, safe='')}")
        if not isinstance(kept, dict):
            return None
        size, address = kept.get("size"), kept.get("getUrl")
        if type(size) is not int or not isinstance(address, str) or size > largest:
            return None
        if size > 0:
            return address, size
    return None


def _fetched(address: str, whole: int, largest: int) -> Iterator[bytes]:
    """What stands at an address. Whoever knows it may read it, so no key goes along.

    A server that does not say beforehand how much comes may break off unnoticed: then it is less than `whole`.
    """
    try:
        with Session() as session:
            keep_at_home(session, address)
            with session.get(address, timeout=TIMEOUT, stream=True) as response:
                if response.status_code != 200:
                    raise NoExport
                size = 0
                for piece in response.iter_content(65536):
                    size += len(piece)
                    if size > largest:
                        raise NoExport
                    yield piece
                if size < whole:
                    raise NoExport
    except (requests.RequestException, OSError) as error:
        raise NoExport from error


def _may_fetch(address: str, endpoint: str) -> bool:
    """Over HTTPS; in the clear only from this machine, and only when that is where the API is."""
    try:
        there, here = urlsplit(address), urlsplit(endpoint)
    except ValueError:
        return False
    if there.scheme == "https":
        return bool(there.hostname)
    both = (there.hostname or "", here.hostname or "")
    return there.scheme == "http" and all(map(is_loopback, both))
