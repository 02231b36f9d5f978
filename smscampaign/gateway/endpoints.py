"""Where OVHcloud is, and with which keys: by the `ovh` package's own convention, read without that package.

To load it takes as long as planning 30 000 rows, and a dry run asks for nothing but the endpoint's name.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from smscampaign.errors import GatewayProblem

#: Where the `ovh` package looks for keys; what is further on counts more.
PLACES = ("/etc/ovh.conf", "~/.ovh.conf", "ovh.conf")


#: What a journal calls a sandbox in this process, where campaigns are rehearsed, and whatever else is on this machine.
SANDBOX, LOOPBACK = "sandbox", "loopback"


@dataclass(frozen=True, slots=True)
class Keys:
    """Where to sign in; what is None is looked up where the `ovh` package looks. Never shows its secrets."""

    endpoint: str | None = None
    application_key: str | None = None
    application_secret: str | None = field(default=None, repr=False)
    consumer_key: str | None = field(default=None, repr=False)


def configured(section: str, name: str) -> str | None:
    """A value of the environment (`OVH_NAME`), or of the section in the files of keys; None where there is none.

    Raises `GatewayProblem` for a file that cannot be read as one.
    """
    found = os.environ.get(f"OVH_{name.upper()}")
    if found is not None:
        return found
    files = configparser.RawConfigParser()
    with reading():
        files.read(map(os.path.expanduser, PLACES))
    return files.get(section, name, fallback=None)


@contextmanager
def reading() -> Iterator[None]:
    """Around what reads the files of keys, as `ovh` does when it is imported: what is wrong with them as `GatewayProblem`."""
    for path in map(os.path.expanduser, PLACES):
        if os.path.exists(path) and not os.path.isfile(path):  # a pipe would be waited for
            raise GatewayProblem("this is no file of keys", where=path, remedy="Remove it, or rename it.")
    try:
        yield
    except (configparser.Error, UnicodeDecodeError) as error:
        # Its text may quote a line of the file, and the file holds secrets.
        place = getattr(error, "source", None) or "ovh.conf"
        raise GatewayProblem(
            "this file of keys cannot be read as one",
            where=f"{place}, line {error.lineno}" if hasattr(error, "lineno") else str(place),
            remedy="It has sections such as [default] and [ovh-eu], with lines such as application_key=….",
        ) from None
    except FileNotFoundError as error:  # it is asked for the folder it is in
        raise GatewayProblem(
            f"the current folder is gone ({error.strerror})", remedy="Change to another one."
        ) from None


def chosen_endpoint(endpoint: str | None = None) -> str:
    """The endpoint's name or URL: given, or by `OVH_ENDPOINT` and `ovh.conf`, or `ovh-eu`."""
    chosen = endpoint or configured("default", "endpoint") or "ovh-eu"
    try:
        urlsplit(chosen)
    except ValueError:
        raise GatewayProblem(
            "this is neither an endpoint's name nor a URL", where=f"OVH_ENDPOINT={chosen}"
        ) from None
    return chosen


def identity(endpoint: str) -> str:
    """What a journal remembers of an endpoint: `ovh-eu`, a host's name, or `loopback` whatever the port."""
    if "://" not in endpoint:
        return endpoint
    host = urlsplit(endpoint).hostname or ""
    return LOOPBACK if is_loopback(host) else host


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
