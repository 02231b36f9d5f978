"""What every call of the sandbox works with, passed down as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smscampaign.phone import Normaliser
    from smscampaign.sandbox.clock import Clock
    from smscampaign.sandbox.faults import Effects, Injector
    from smscampaign.sandbox.settings import Credential, Sandbox
    from smscampaign.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class World:
    """One sandbox: its settings, time, memory, faults, and its reader of numbers."""

    settings: Sandbox
    clock: Clock
    store: Store
    injector: Injector
    numbers: Normaliser


@dataclass(frozen=True, slots=True)
class Ask:
    """One validated call: the path's variables (decoded), the parameters, who asks, and the faults that hit it."""

    variables: Mapping[str, str]
    params: Mapping[str, object]
    credential: Credential | None
    effects: Effects

    def text(self, name: str) -> str | None:
        """A string parameter."""
        value = self.params.get(name)
        return value if isinstance(value, str) else None

    def whole(self, name: str) -> int | None:
        """A number parameter."""
        value = self.params.get(name)
        return value if isinstance(value, int) else None

    def flag(self, name: str) -> bool:
        """A boolean parameter; absent is false."""
        return self.params.get(name) is True

    def texts(self, name: str) -> list[str]:
        """A list parameter; absent is empty."""
        value = self.params.get(name)
        return value if isinstance(value, list) else []
