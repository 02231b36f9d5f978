"""Who is let in: requests sent to a name of this sandbox and, where other machines reach it, those that bring its keys.

A page on the web can lead a name of its own to this machine and then read here as if it were at home (DNS rebinding); the
name still stands in `Host`. An address cannot be led anywhere.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from ipaddress import ip_address
from socket import gethostname
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smscampaign.sandbox.settings import Credential

# The API checks keys by itself, documents and validation go by a token in their address, and the page's files say nothing.
_WITHOUT_KEYS = ("/1.0/", "/_sandbox/storage/", "/_sandbox/validate", "/_sandbox/static/")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there. A name other than `localhost` may lead anywhere."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Address:
    """Where a sandbox listens: the name or address it was given, and whether other machines reach it."""

    name: str = "127.0.0.1"
    reached: bool = False

    def goes_by(self, host: str) -> bool:
        """Whether a `Host` is an address, this machine's name, or the one the sandbox was given; a request may have none."""
        name = re.sub(r":\d*$", "", host.lower()).strip("[]") or "localhost"
        if name in {"localhost", gethostname().lower(), self.name.lower()}:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True

    def wants_keys(self, path: str) -> bool:
        """Whether a path is opened with the sandbox's keys only."""
        return self.reached and not path.startswith(_WITHOUT_KEYS)


def opens(authorization: str, credentials: Iterable[Credential]) -> bool:
    """Whether a header for HTTP's Basic scheme has the application key and secret of a credential as name and password."""
    scheme, _, given = authorization.partition(" ")
    try:
        pair = base64.b64decode(given, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        return False
    keys = [f"{one.application_key}:{one.application_secret}".encode() for one in credentials]
    return any(hmac.compare_digest(pair, one) for one in keys)
