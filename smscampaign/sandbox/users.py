"""`/users`: people who share an account, each with calls, answers and slots of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from smscampaign.sandbox.accounts import merged
from smscampaign.sandbox.answers import not_found, service

if TYPE_CHECKING:
    from smscampaign.sandbox.world import Ask, World

_ALERT = {"alertEmail": "", "alertNumber": "", "alertThreshold": 0, "support": "mail"}
_QUOTA = {"quotaLeft": 0, "quotaStatus": "inactive"}
_SHORTEST, _LONGEST = 3, 32


def users(world: World, ask: Ask) -> list[str]:
    """`GET /users`: logins."""
    return [name for name, _ in world.store.objects.all("user", ask.variables["serviceName"])]


def create(world: World, ask: Ask) -> None:
    """`POST /users`. The password is checked for being there, and not kept: nobody signs in here."""
    account, login = ask.variables["serviceName"], ask.text("login") or ""
    if not (_SHORTEST <= len(login) <= _LONGEST and login.isascii() and login.isalnum()) or not ask.text(
        "password"
    ):
        raise service(400, "[login] Given data must be 3 to 32 letters and digits, with a password")
    if world.store.objects.get("user", account, login) is not None:
        raise service(409, f"The user {login} already exists")
    kept: dict[str, Any] = {
        "alert": _ALERT,
        "quota": _QUOTA,
        "callBack": None,
        "stopCallBack": None,
        "ipRestrictions": [],
    }
    world.store.objects.put("user", account, login, kept, created=world.clock.now())


def user(world: World, ask: Ask) -> dict[str, object]:
    """`GET /users/{login}`: `sms.User`."""
    kept = _kept(world, ask)
    return {
        "alertThresholdInformations": kept["alert"],
        "callBack": kept["callBack"],
        "ipRestrictions": kept["ipRestrictions"],
        "login": ask.variables["login"],
        "password": "********",
        "quotaInformations": kept["quota"],
        "stopCallBack": kept["stopCallBack"],
    }


def change(world: World, ask: Ask) -> None:
    """`PUT /users/{login}`."""
    kept, params = _kept(world, ask), ask.params
    for name, key in (("alertThresholdInformations", "alert"), ("quotaInformations", "quota")):
        if name in params:
            kept[key] = merged(name, kept[key], params[name])
    kept |= {key: params[key] for key in ("callBack", "stopCallBack", "ipRestrictions") if key in params}
    world.store.objects.put("user", ask.variables["serviceName"], ask.variables["login"], kept)


def delete(world: World, ask: Ask) -> None:
    """`DELETE /users/{login}`: what was sent stays in the history of the account."""
    _kept(world, ask)
    world.store.objects.delete("user", ask.variables["serviceName"], ask.variables["login"])


def theirs(answer: Callable[[World, Ask], Any]) -> Callable[[World, Ask], Any]:
    """A call of the account as a call of one of its users: 404 where there is no such user."""

    def of_user(world: World, ask: Ask) -> Any:
        _kept(world, ask)
        return answer(world, ask)

    return of_user


def _kept(world: World, ask: Ask) -> dict[str, Any]:
    kept = world.store.objects.get("user", ask.variables["serviceName"], ask.variables["login"])
    if kept is None:
        raise not_found(ask.variables["login"])
    return kept
