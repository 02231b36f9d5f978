"""One sandbox without a network: calls go straight to its functions, at a time that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from smscampaign.model import Sender
from smscampaign.sandbox import Clock, Fault, Sandbox
from smscampaign.sandbox.app import create_world
from smscampaign.sandbox.faults import NONE, Effects
from smscampaign.sandbox.routing import ROUTES
from smscampaign.sandbox.store import Store, open_store
from smscampaign.sandbox.world import Ask, World

NOON = 1_772_794_800.0  # 6 March 2026, 12:00 in Paris
ACCOUNT = "sms-sb00001-1"
FRENCH = "+33612345678"
SENDERS = ("Sandbox", Sender("OldShop", "refused", "alpha"), "+33700000000")


@dataclass
class Bench:
    """The world with shortcuts: `post` a job, `get` a path of the account."""

    world: World
    account: str = ACCOUNT
    moments: list[float] = field(default_factory=lambda: [NOON])

    def call(
        self, key: str, params: dict[str, Any] | None = None, *, effects: Effects = NONE, **names: str
    ) -> Any:
        variables = {"serviceName": self.account, **names}
        return ROUTES[key](self.world, Ask(variables, params or {}, None, effects))

    def post(self, receivers: list[str] | None = None, *, effects: Effects = NONE, **params: Any) -> Any:
        job = {"message": "Hello", "receivers": receivers or [FRENCH], "sender": "Sandbox", **params}
        present = {name: value for name, value in job.items() if value is not None}
        return self.call("POST /sms/{serviceName}/jobs", present, effects=effects)

    def get(self, path: str, **params: Any) -> Any:
        names = {"id": str(params.pop("id"))} if "id" in params else {}
        return self.call(f"GET /sms/{{serviceName}}/{path}", params, **names)

    def wait(self, seconds: float) -> None:
        self.world.clock.step(seconds)

    def hit(self, fault: Fault) -> Effects:
        return Effects((fault,))


@pytest.fixture
def make() -> Iterator[Callable[..., Bench]]:
    stores: list[Store] = []

    def build(**settings: Any) -> Bench:
        store = open_store(":memory:")
        stores.append(store)
        chosen = Sandbox(**{"credits": Decimal(1000), "senders": SENDERS, **settings})
        return Bench(create_world(chosen, store, clock=Clock(real=lambda: NOON)))

    yield build
    for store in stores:
        store.close()


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    return make()
