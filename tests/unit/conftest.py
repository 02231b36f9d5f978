"""What several unit tests stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smscampaign.sandbox import Running, Sandbox, running


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """An account on this machine that is reached as OVHcloud is: by the environment."""
    with running(settings=Sandbox(senders=("MyShop",))) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        yield here
