"""Consumer keys that a person validates: `POST /auth/credential`, the page it leads to, and what a key may do.

With OVHcloud the person opens `validationUrl` and signs in; here one button stands for that (https://help.ovhcloud.com,
"First steps with the OVHcloud APIs").
"""

from __future__ import annotations

import secrets
from html import escape
from typing import TYPE_CHECKING, Any

from smscampaign.sandbox.answers import door, service
from smscampaign.sandbox.settings import Credential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smscampaign.sandbox.store import Store
    from smscampaign.sandbox.world import Ask, World

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})
_FIRST_ID = 1001
_LONG_AGO = 1_700_000_000.0


def kept(store: Store) -> Credential:
    """The keys of a sandbox that was given none: drawn when its database is new, and the same whenever it is opened."""
    found = store.objects.get("keys", "", "")
    if found is None:
        drawn = Credential.drawn()
        found = {"keys": [drawn.application_key, drawn.application_secret, drawn.consumer_key]}
        store.objects.put("keys", "", "", found)
    return Credential(*found["keys"])


def known(world: World, headers: Mapping[str, str]) -> tuple[Credential, ...]:
    """The keys of the settings, and the one a request names if somebody asked this sandbox for it."""
    given = world.settings.credentials
    consumer = headers.get("x-ovh-consumer", "")
    if any(c.consumer_key == consumer for c in given):
        return given
    kept = world.store.objects.get("credential", "", consumer)
    return given if kept is None else (*given, _credential(consumer, kept))


def _credential(consumer: str, kept: dict[str, Any]) -> Credential:
    rules = tuple((method, path) for method, path in kept["rules"])
    return Credential(kept["application"], kept["secret"], consumer, rules, kept["status"])


def request_key(world: World, ask: Ask) -> dict[str, object]:
    """`POST /auth/credential`: a key that waits for a person."""
    application = ask.headers.get("x-ovh-application")
    owner = next((c for c in world.settings.credentials if c.application_key == application), None)
    if owner is None:
        raise door(403, "INVALID_KEY", "This application key is invalid")
    consumer, token = secrets.token_hex(16), secrets.token_hex(16)
    kept = {
        "application": owner.application_key,
        "secret": owner.application_secret,
        "rules": [_rule(rule) for rule in ask.items("accessRules")],
        "status": "pendingValidation",
        "token": token,
        "redirection": ask.text("redirection"),
        "allowedIPs": ask.texts("allowedIPs") or None,
        "id": _FIRST_ID + world.store.objects.next_number("credential"),
        "created": world.clock.now(),
    }
    world.store.objects.put("credential", "", consumer, kept, created=world.clock.now())
    url = f"{ask.base}/_sandbox/validate?token={token}"
    return {"validationUrl": url, "consumerKey": consumer, "state": "pendingValidation"}


def _rule(rule: object) -> tuple[str, str]:
    method, path = (rule.get("method"), rule.get("path")) if isinstance(rule, dict) else (None, None)
    if method not in _METHODS or not isinstance(path, str) or not path.startswith("/"):
        raise service(400, "[accessRules] Given data is not valid: each rule has a method and a path")
    return str(method), path


def current(world: World, ask: Ask) -> dict[str, object]:
    """`GET /auth/currentCredential`."""
    credential = ask.credential
    if credential is None:
        raise service(403, "You must login first")
    kept = world.store.objects.get("credential", "", credential.consumer_key) or {}
    given = [c.consumer_key for c in world.settings.credentials]
    return {
        "allowedIPs": kept.get("allowedIPs"),
        "applicationId": 1,
        "creation": world.clock.text(kept.get("created", _LONG_AGO)),
        "credentialId": kept.get("id") or 1 + given.index(credential.consumer_key),
        "expiration": None,
        "lastUse": world.clock.text(world.clock.now()),
        "ovhSupport": False,
        "rules": [{"method": method, "path": path} for method, path in credential.rules],
        "status": credential.status,
    }


def log_out(world: World, ask: Ask) -> None:
    """`POST /auth/logout`: the key is expired from now on; those of the settings stay."""
    if ask.credential is not None:
        decide(world, ask.credential.consumer_key, "expired")


def listed(world: World) -> list[dict[str, object]]:
    """The keys somebody asked for, oldest first, without their secrets."""
    return [
        {
            "consumerKey": consumer,
            "status": kept["status"],
            "created": world.clock.text(kept["created"]),
            "rules": [" ".join(rule) for rule in kept["rules"]],
            "validationUrl": f"/_sandbox/validate?token={kept['token']}",
        }
        for consumer, kept in world.store.objects.all("credential")
    ]


def decide(world: World, consumer: str, status: str) -> bool:
    """Make a key `validated`, `refused` or `expired`; False when nobody asked for such a key."""
    kept = world.store.objects.get("credential", "", consumer)
    if kept is not None:
        world.store.objects.put("credential", "", consumer, {**kept, "status": status})
    return kept is not None


def by_token(world: World, token: str) -> str | None:
    """The consumer key that a validation address is for."""
    keys = world.store.objects.all("credential")
    return next((consumer for consumer, kept in keys if secrets.compare_digest(kept["token"], token)), None)


def validation_page(world: World, consumer: str) -> str:
    """The page on which a person validates or refuses a key."""
    kept = world.store.objects.get("credential", "", consumer) or {}
    rules = "".join(f"<li><code>{escape(m)} {escape(p)}</code></li>" for m, p in kept["rules"])
    back = str(kept.get("redirection"))
    web = back.startswith(("http://", "https://"))
    link = f'<p><a href="{escape(back)}">Back to the application</a></p>' if web else ""
    form = (
        '<form method="post"><button name="status" value="validated">Validate</button> '
        '<button name="status" value="refused">Refuse</button></form>'
        if kept["status"] == "pendingValidation"
        else f"<p>This key is <strong>{escape(kept['status'])}</strong>.</p>{link}"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Validate a key - SMS sandbox</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>'
        "<h1>SMS sandbox</h1><p>This is a sandbox: no real account is opened to anybody.</p>"
        f"<p>The application <code>{escape(kept['application'])}</code> asks for these rights:</p>"
        f"<ul>{rules}</ul>{form}</main></body></html>"
    )
