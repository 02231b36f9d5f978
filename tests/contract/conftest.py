"""A gateway of each kind: the fake in memory, and OVHcloud's adapter over real signed HTTP to the test's sandbox, `here`."""

from __future__ import annotations

import pytest

from smscampaign.gateway import open_ovhcloud
from smscampaign.gateway.endpoints import Keys
from smscampaign.gateway.fake import FakeGateway


@pytest.fixture(params=["fake", "ovhcloud"])
def gateway(request):
    """One of them; what it does is asked of both."""
    if request.param == "fake":
        return FakeGateway()
    here = request.getfixturevalue("here")
    keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
    return open_ovhcloud(keys=keys, calls_per_minute=0)
