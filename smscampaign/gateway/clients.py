"""From keys and an endpoint to clients of the `ovh` package, by that package's own convention.

One addition: the endpoint may be a URL. Plain HTTP is taken only on this very machine, because a request carries numbers and
texts in the clear.
"""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import ovh
import ovh.client
import ovh.oauth2
import requests
from ovh.exceptions import APIError

from smscampaign.errors import GatewayProblem
from smscampaign.gateway.endpoints import Keys, chosen_endpoint, configured, is_loopback
from smscampaign.gateway.mapping import Redirected, redirected

#: Seconds to connect, seconds to wait for an answer.
TIMEOUT = (5, 60)

#: OVHcloud's page for new keys, with every right that the product asks for; what each is for stands in
#: `docs/coming-from-the-php-guide.md`.
KEYS_ARE_MADE_AT = (
    "https://eu.api.ovh.com/createToken/index.cgi"
    "?GET=/sms&GET=/sms/*&GET=/sms/*/jobs&POST=/sms/*/jobs&DELETE=/sms/*/jobs/*&GET=/me/document/*&GET=/me"
)
_KEYS_REMEDY = (
    "Set OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY (or write them into ovh.conf), or rehearse with"
    " --sandbox, which needs no account; for commands without it `smscampaign sandbox` plays one. Keys with the right"
    f" rights are made at\n{KEYS_ARE_MADE_AT}"
)

#: The code of the problem that there are no keys, or not all of them.
NO_KEYS = "no-keys"

_building = threading.Lock()


class Session(requests.Session):
    """Every call is made in one of these. It goes where it was sent to: a redirect is `Redirected`, for every verb."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send it, and raise `Redirected` for every 3xx."""
        response = super().send(request, **kwargs | {"allow_redirects": False})
        if 300 <= response.status_code < 400:
            response.close()
            raise Redirected(response.status_code)
        return response

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: `requests` looks for it even where it is not to follow it, and fails at one that is no address."""


class _TokenSession(Session, ovh.oauth2.RefreshOAuth2Session):  # type: ignore[misc]
    """The same for a service account, whose secret goes to the place where its tokens are made."""


# `ovh` makes these sessions itself, a new one for each token, and offers no other way to them.
ovh.oauth2.RefreshOAuth2Session = _TokenSession


class Clients:
    """One `ovh.Client` for each thread (its session is not made for sharing), its clock offset read before first use."""

    def __init__(self, keys: Keys) -> None:
        self.endpoint = chosen_endpoint(keys.endpoint)
        self._keys = keys
        self._threads = threading.local()
        #: What OVHcloud's clock said last, less this computer's.
        self.ahead = timedelta(0)

    def get(self) -> ovh.Client:
        """This thread's client.

        Raises `GatewayProblem` when keys are missing, and what `requests` or `ovh` raise when the first call, `/auth/time`,
        fails: nothing was sent then.
        """
        client = getattr(self._threads, "client", None)
        if client is None:
            client = _build(self.endpoint, self._keys)
            _read_offset(client)
            self.ahead = timedelta(seconds=client.time_delta)
            self._threads.client = client
        return client

    def earliest(self, since: datetime) -> datetime:
        """A moment of this computer's clock by OVHcloud's, or as it is if that is earlier: the clock may be right again."""
        return min(since, since + self.ahead)

    def renew(self) -> None:
        """Let this thread's next call begin with a new client and a new look at `/auth/time`: a clock may have gone wrong."""
        client = getattr(self._threads, "client", None)
        self._threads.client = None
        if client is not None:
            client._session.close()  # `ovh` offers no other way to its session


def base_url(endpoint: str) -> str:
    """The URL of an endpoint's name. Raises `GatewayProblem` for one that is not known."""
    if "://" in endpoint:
        _register(endpoint)
    if endpoint not in ovh.client.ENDPOINTS:
        known = ", ".join(sorted(ovh.client.ENDPOINTS))
        raise GatewayProblem(
            f"{endpoint!r} is not an endpoint", where="OVH_ENDPOINT", remedy=f"Known are {known}, or a URL."
        )
    url: str = ovh.client.ENDPOINTS[endpoint]
    return url


def _build(endpoint: str, keys: Keys) -> ovh.Client:
    with _building:
        base_url(endpoint)
        if _lacks_consumer_key(endpoint, keys):
            some = keys.application_key or configured(endpoint, "application_key")
            what = "the consumer key is missing" if some else "there are no keys to sign in with"
            raise GatewayProblem(what, remedy=_KEYS_REMEDY, code=NO_KEYS)
        hidden = _hide_service_account(keys)
        try:
            client = ovh.Client(
                endpoint=endpoint,
                application_key=keys.application_key,
                application_secret=keys.application_secret,
                consumer_key=keys.consumer_key,
                timeout=TIMEOUT,
            )
        except ovh.exceptions.InvalidConfiguration as error:
            raise GatewayProblem(
                f"the keys are incomplete: {error}", remedy=_KEYS_REMEDY, code=NO_KEYS
            ) from None
        finally:
            os.environ.update(hidden)
        client._session = Session()  # `ovh` offers no other way to its session
        keep_at_home(client._session, endpoint)
    return client


def keep_at_home(session: requests.Session, endpoint: str) -> None:
    """What is meant for this machine goes through no proxy: in plain HTTP it would read every number and text."""
    if is_loopback(urlsplit(endpoint).hostname or ""):
        session.trust_env = False


def _read_offset(client: ovh.Client) -> None:
    try:
        offset = client.time_delta
    except (AttributeError, TypeError):  # what `ovh` makes of JSON that is neither a number nor an object
        offset = None
    if not isinstance(offset, int):
        raise APIError("/auth/time did not answer a number")


def _lacks_consumer_key(endpoint: str, keys: Keys) -> bool:
    service_account = keys.application_key is None and configured(endpoint, "client_id")
    return not (service_account or keys.consumer_key or configured(endpoint, "consumer_key"))


def _register(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise GatewayProblem(
            "an endpoint that is not this machine must use https", where=f"OVH_ENDPOINT={url}"
        )
    ovh.client.ENDPOINTS[url] = url.rstrip("/")


def _hide_service_account(keys: Keys) -> dict[str, str]:
    # Given keys win; `ovh` would refuse them beside a service account that happens to stand in the environment.
    if keys.application_key is None:
        return {}
    names = ("OVH_CLIENT_ID", "OVH_CLIENT_SECRET")
    return {name: os.environ.pop(name) for name in names if name in os.environ}


def unreachable(error: requests.RequestException | Any) -> GatewayProblem:
    """The problem a failed look-up is for the operator; the cause's text may hold a URL, so only its kind is told."""
    if away := redirected(error):
        return GatewayProblem(str(away), remedy="Check OVH_ENDPOINT; nothing was sent by this step.")
    return GatewayProblem(
        f"OVHcloud could not be reached ({type(error).__name__})",
        remedy="Check the network and OVH_ENDPOINT, then run the command again; nothing was sent by this step.",
    )
