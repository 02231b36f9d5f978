"""Finding the function that answers."""

from __future__ import annotations

import pytest

from smscampaign.sandbox import accounts, history, senders
from smscampaign.sandbox.contract import PARAMETERS
from smscampaign.sandbox.routing import ROUTES, UNSIGNED, Router

ROUTER = Router(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "answer", "variables"),
    [
        ("GET", "/sms", accounts.accounts, {}),
        ("GET", "/sms/", accounts.accounts, {}),
        ("POST", "/sms/estimate", accounts.estimate, {}),
        ("GET", "/sms/a/senders/My%20Shop", senders.sender, {"serviceName": "a", "sender": "My Shop"}),
        ("GET", "/sms/a/senders/A%2FB", senders.sender, {"serviceName": "a", "sender": "A/B"}),
        ("GET", "/sms/a/blacklists/%2B33612345678", accounts.blacklisted, {"serviceName": "a", "number": "+33612345678"}),
        ("DELETE", "/sms/a/jobs/7", history.delete_job, {"serviceName": "a", "id": "7"}),
    ],
)  # fmt: skip
def test_found(method, path, answer, variables):
    match = ROUTER.find(method, path)
    assert match.answer is answer
    assert match.variables == variables


@pytest.mark.parametrize(
    "path", ["/", "", "/sms//jobs/x/y", "/sms/a/nothing", "/telephony", "/sms/a/jobs/1/2", "/sms/estimate"]
)
def test_not_found(path):
    assert ROUTER.find("GET", path) is None


def test_a_method_a_path_lacks_is_not_found():
    assert ROUTER.find("PATCH", "/sms/a/jobs") is None


def test_every_parameter_list_and_exemption_belongs_to_a_route():
    assert set(PARAMETERS) | UNSIGNED <= set(ROUTES)
