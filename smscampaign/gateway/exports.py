"""A call's history as one file: for a tag with many ids, a handful of calls instead of one for each id.

`GET /sms/{serviceName}/document` answers the id of a document that is empty until it has been written; it is then fetched
from an address of its own. Sources: https://eu.api.ovh.com/1.0/sms.json and https://eu.api.ovh.com/1.0/me.json.
"""

from __future__ import annotations

import csv
import io
from threading import Event
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.clients import TIMEOUT, Session, base_url, keep_at_home
from smscampaign.gateway.endpoints import is_loopback
from smscampaign.gateway.http import Api
from smscampaign.model import e164

#: Bytes: some 300 000 lines of a history. What is larger is read by one call for each id.
LARGEST = 64 * 1024 * 1024

#: Seconds between two looks at a document that is still empty; together a little more than a minute.
LOOKS = (0.2, 0.3, 0.5, 1.0, 1.0, 2.0, 5.0, 5.0, 10.0, 10.0, 15.0, 15.0)


def exported(api: Api, path: str, tag: str, *, stop: Event) -> dict[int, str] | None:
    """The receivers of the messages under a tag by their ids, from an export; None when it cannot be had.

    It needs the right `GET /me/document/*`, which most keys lack: that is why it never fails aloud.
    """
    try:
        document = api.get(f"{path}/document", wayType="outgoing", tag=tag)
        address = _written(api, document, stop) if isinstance(document, str) else None
        content = _fetched(address, api.clients.endpoint) if address else None
    except (GatewayProblem, requests.RequestException, OSError):
        return None
    return None if content is None else receivers_of(content, tag)


def receivers_of(content: bytes, tag: str) -> dict[int, str] | None:
    """The receivers in an export by id, of the lines with this tag; None when it is not one."""
    try:
        lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
        return {int(line["id"]): e164(line["receiver"]) for line in lines if line["tag"] == tag}
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
        return None


def _written(api: Api, document: str, stop: Event) -> str | None:
    """The address of a document once it has been written."""
    for pause in LOOKS:
        kept: Any = api.get(f"/me/document/{quote(document, safe='')}")
        if not isinstance(kept, dict):
            return None
        size, address = kept.get("size"), kept.get("getUrl")
        if type(size) is not int or not isinstance(address, str) or size > LARGEST:
            return None
        if size > 0:
            return address
        if stop.wait(pause):
            return None
    return None


def _fetched(address: str, endpoint: str) -> bytes | None:
    """What stands at an address. Whoever knows it may read it, so no key goes along."""
    if not _may_fetch(address, base_url(endpoint)):
        return None
    with Session() as session:
        keep_at_home(session, address)
        with session.get(address, timeout=TIMEOUT, stream=True) as response:
            if response.status_code != 200:
                return None
            content = bytearray()
            for piece in response.iter_content(65536):
                content += piece
                if len(content) > LARGEST:
                    return None
            return bytes(content)


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
