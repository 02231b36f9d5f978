"""`/templatesControl`: texts that wait for approval, as messages to the USA need one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smscampaign.sandbox.answers import not_found, service

if TYPE_CHECKING:
    from smscampaign.sandbox.world import Ask, World

_CHANGEABLE = ("activity", "description", "message")


def templates(world: World, ask: Ask) -> list[str]:
    """`GET /templatesControl`: names."""
    return [name for name, _ in world.store.objects.all("template", ask.variables["serviceName"])]


def create(world: World, ask: Ask) -> None:
    """`POST /templatesControl`: a template that waits for its review."""
    account, name, now = ask.variables["serviceName"], ask.text("name") or "", world.clock.now()
    if not name or world.store.objects.get("template", account, name) is not None:
        raise service(409, f"The template {name!r} already exists or has no name")
    texts = {key: ask.text(key) or "" for key in _CHANGEABLE}
    world.store.objects.put("template", account, name, {**texts, "asked": now}, created=now)


def template(world: World, ask: Ask) -> dict[str, object]:
    """`GET /templatesControl/{name}`: `sms.TemplateControl`."""
    kept = _kept(world, ask)
    waiting = world.clock.now() < kept["asked"] + world.settings.review_delay
    return {
        "activity": kept["activity"],
        "comment": "",
        "datetime": world.clock.text(kept["asked"]),
        "description": kept["description"],
        "message": kept["message"],
        "name": ask.variables["name"],
        "status": "waitingValidation" if waiting else "enable",
    }


def change(world: World, ask: Ask) -> None:
    """`PUT /templatesControl/{name}`: its texts; what is read-only is passed over."""
    kept = _kept(world, ask)
    _put(world, ask, {**kept, **{key: ask.text(key) or kept[key] for key in _CHANGEABLE}})


def relaunch(world: World, ask: Ask) -> None:
    """`POST /templatesControl/{name}/relaunchValidation`: other texts, and a new review."""
    texts = {"message": ask.text("message"), "description": ask.text("description")}
    _put(world, ask, {**_kept(world, ask), **texts, "asked": world.clock.now()})


def delete(world: World, ask: Ask) -> None:
    """`DELETE /templatesControl/{name}`."""
    _kept(world, ask)
    world.store.objects.delete("template", ask.variables["serviceName"], ask.variables["name"])


def _put(world: World, ask: Ask, kept: dict[str, Any]) -> None:
    world.store.objects.put("template", ask.variables["serviceName"], ask.variables["name"], kept)


def _kept(world: World, ask: Ask) -> dict[str, Any]:
    kept = world.store.objects.get("template", ask.variables["serviceName"], ask.variables["name"])
    if kept is None:
        raise not_found(ask.variables["name"])
    return kept
