"""OVHcloud's `$1$` signature and the rights of a credential.

The signature is sha1 of application secret, consumer key, method, full URL, body and timestamp joined by `+`
(https://help.ovhcloud.com, "First steps with the OVHcloud APIs"). The URL is taken from the raw request target, never
re-encoded: a client that signs one spelling and sends another must fail here as it fails there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from smscampaign.sandbox.answers import door

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smscampaign.sandbox.settings import Credential


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it arrived: `target` is the raw path with its query, `headers` has lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    scheme: str = "http"


def authenticate(
    request: Signed,
    credentials: tuple[Credential, ...],
    *,
    now: float,
    window: int,
    since: float | None = None,
) -> Credential:
    """The credential that signed the request, at most `window` seconds before `since` (by default `now`) or after `now`.

    Raises ApiError: 403 INVALID_KEY, NOT_CREDENTIAL or INVALID_CREDENTIAL, 400 QUERY_TIME_OUT or INVALID_SIGNATURE.
    """
    credential = _known(request.headers, credentials)
    stamp = request.headers.get("x-ovh-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise door(400, "INVALID_TIMESTAMP", "Invalid timestamp")
    if not (now if since is None else since) - window <= int(stamp) <= now + window:
        raise door(400, "QUERY_TIME_OUT", "Query out of time")
    given = request.headers.get("x-ovh-signature", "").encode("latin-1", "replace")
    if not any(hmac.compare_digest(given, sign(request, url, credential)) for url in _urls(request)):
        raise door(400, "INVALID_SIGNATURE", "Invalid signature")
    if credential.status != "validated":
        raise door(403, "INVALID_CREDENTIAL", "This credential is not valid")
    return credential


def sign(request: Signed, url: str, credential: Credential) -> bytes:
    """The signature of a request for one spelling of its URL, with the timestamp it carries."""
    head = "+".join((credential.application_secret, credential.consumer_key, request.method, url, ""))
    tail = "+" + request.headers.get("x-ovh-timestamp", "")
    # SHA-1 is what the API prescribes; it is not chosen here.
    digest = hashlib.sha1(head.encode("utf-8") + request.body + tail.encode("latin-1", "replace")).hexdigest()  # noqa: S324
    return b"$1$" + digest.encode("ascii")


def allow(credential: Credential, method: str, path: str) -> None:
    """Raise 403 NOT_GRANTED_CALL unless a rule of the credential covers the call; `path` has no trailing slash."""
    if not any(
        rule_method == method and _pattern(rule).fullmatch(path) for rule_method, rule in credential.rules
    ):
        raise door(403, "NOT_GRANTED_CALL", "This call has not been granted")


def _known(headers: Mapping[str, str], credentials: tuple[Credential, ...]) -> Credential:
    application = headers.get("x-ovh-application")
    if not any(c.application_key == application for c in credentials):
        raise door(403, "INVALID_KEY", "This application key is invalid")
    consumer = headers.get("x-ovh-consumer")
    if not consumer:
        raise door(403, "NOT_CREDENTIAL", "You must login first")
    for credential in credentials:
        if credential.application_key == application and credential.consumer_key == consumer:
            return credential
    raise door(403, "NOT_CREDENTIAL", "This credential does not exist")


def _urls(request: Signed) -> Iterator[str]:
    """The spellings of the URL a client may have signed, likeliest first.

    Some clients sign `https://HOST/PATH` whatever they connect to, and Node's leaves the port out.
    """
    host = request.headers.get("host", "")
    bare = re.sub(r":\d+$", "", host)
    yield f"{request.scheme}://{host}{request.target}"
    yield f"https://{bare}{request.target}"
    yield f"https://{host}{request.target}"
    yield f"http://{bare}{request.target}"


@lru_cache(maxsize=1024)
def _pattern(rule: str) -> re.Pattern[str]:
    path = rule if rule in {"/", "/*"} else rule.rstrip("/")
    return re.compile(".*".join(re.escape(piece) for piece in path.split("*")), re.DOTALL)
