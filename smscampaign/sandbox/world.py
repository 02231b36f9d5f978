"""What every call of the sandbox works with, passed down as one value."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smscampaign.sandbox.limits import Outage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smscampaign.phone.normaliser import Normaliser
    from smscampaign.sandbox.clock import Clock
    from smscampaign.sandbox.faults import Effects, Injector
    from smscampaign.sandbox.settings import Credential, Sandbox
    from smscampaign.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class World:
    """One sandbox: its settings, time, memory, faults and reader of numbers; whether it is out of reach; and the call-backs
    that STOP answers set off (an address and the parameters of its query), still to be made.
    """

    settings: Sandbox
    clock: Clock
    store: Store
    injector: Injector
    numbers: Normaliser
    outage: Outage = field(default_factory=Outage)
    stops: deque[tuple[str, dict[str, object]]] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Ask:
    """One validated call: the path's variables (decoded), the parameters, who asks, the faults that hit it, the
    address (scheme, host, port) at which the client reached the sandbox, and the headers, by lower-case names."""

    variables: Mapping[str, str]
    params: Mapping[str, object]
    credential: Credential | None
    effects: Effects
    base: str = "http://127.0.0.1"
    headers: Mapping[str, str] = field(default_factory=dict)

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

    def items(self, name: str) -> list[Any]:
        """A list parameter of any kind; absent is empty."""
        value = self.params.get(name)
        return value if isinstance(value, list) else []

    def texts(self, name: str) -> list[str]:
        """A list parameter; absent is empty."""
        value = self.params.get(name)
        return value if isinstance(value, list) else []
