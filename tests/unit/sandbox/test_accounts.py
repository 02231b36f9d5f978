"""Accounts, senders, blacklists, estimates, ptts."""

from __future__ import annotations

import pytest

from smscampaign.sandbox import Credential
from smscampaign.sandbox.answers import ApiError
from smscampaign.sandbox.faults import NONE
from smscampaign.sandbox.routing import ROUTES
from smscampaign.sandbox.world import Ask

ACCOUNT = "/sms/{serviceName}"


def status(call) -> int:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.status


def test_accounts_are_in_their_own_order(make):
    bench = make(accounts=11)
    assert bench.call("GET /sms") == [f"sms-sb00001-{n}" for n in range(1, 12)]


def test_accounts_have_credits_of_their_own(make):
    bench = make(accounts=2)
    bench.post()
    left = [bench.call(f"GET {ACCOUNT}", serviceName=f"sms-sb00001-{n}")["creditsLeft"] for n in (1, 2)]
    assert left == [999, 1000]


def test_senders_show_their_status_in_the_order_in_which_they_were_made(bench):
    assert bench.get("senders") == ["Sandbox", "OldShop", "+33700000000"]
    found = {
        name: bench.call(f"GET {ACCOUNT}/senders/{{sender}}", sender=name) for name in bench.get("senders")
    }
    assert [(s["status"], s["type"]) for s in found.values()] == [
        ("enable", "alpha"),
        ("refused", "alpha"),
        ("enable", "virtual"),
    ]
    assert status(lambda: bench.call(f"GET {ACCOUNT}/senders/{{sender}}", sender="sandbox")) == 404


def test_blacklists(make):
    bench = make(blacklist=("+33612345678", "+33612345679"))
    assert bench.get("blacklists") == ["+33612345678", "+33612345679"]
    assert bench.get("blacklists", smsOutgoingID=5) == []
    assert bench.get("blacklists", batchID="x") == []
    one = {"number": "+33612345678"}
    assert (
        bench.call(f"GET {ACCOUNT}/blacklists/{{number}}", **one)["dateCreation"]
        == "2026-03-06T12:00:00+01:00"
    )
    assert bench.call(f"DELETE {ACCOUNT}/blacklists/{{number}}", **one) is None
    assert bench.get("blacklists") == ["+33612345679"]
    assert status(lambda: bench.call(f"DELETE {ACCOUNT}/blacklists/{{number}}", **one)) == 404


@pytest.mark.parametrize(
    ("message", "stop", "expected"),
    [
        ("x" * 160, False, (160, "7bits", 160, 1)),
        ("x" * 161, False, (161, "7bits", 153, 2)),
        ("x" * 149, True, (160, "7bits", 149, 1)),
        ("x" * 150, True, (161, "7bits", 153, 2)),
        ("ł" * 70, False, (70, "unicode", 70, 1)),
        ("ł" * 59, True, (70, "unicode", 59, 1)),
        ("ł" * 60, True, (71, "unicode", 67, 2)),
    ],
)
def test_estimates(bench, message, stop, expected):
    params = {"message": message, "noStopClause": not stop, "senderType": "alpha"}
    assert tuple(bench.call("POST /sms/estimate", params).values()) == expected


def test_ptts(bench):
    assert bench.call("GET /sms/ptts", {"ptt": 4})["comment"] == "Delivered"
    assert status(lambda: bench.call("GET /sms/ptts", {"ptt": 5000})) == 404


def test_the_current_credential_shows_its_rights(make):
    keys = (Credential(), Credential(consumer_key="other", rules=(("GET", "/sms"),)))
    world = make(credentials=keys).world
    answer = ROUTES["GET /auth/currentCredential"](world, Ask({}, {}, keys[1], NONE))
    assert answer["rules"] == [{"method": "GET", "path": "/sms"}]
    assert answer["credentialId"] == 2
