"""Senders: how they come to be, and who decides."""

from __future__ import annotations

import pytest

from smscampaign.sandbox.answers import ApiError

SENDERS = "/sms/{serviceName}/senders"


def status_of(call) -> int:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.status


def state(bench, name="NewShop"):
    return bench.call(f"GET {SENDERS}/{{sender}}", sender=name)["status"]


def test_a_new_sender_waits_for_its_review(bench):
    bench.call(f"POST {SENDERS}", {"sender": "NewShop"})
    assert state(bench) == "waitingValidation"
    assert status_of(lambda: bench.post(sender="NewShop")) == 400
    bench.wait(3600)
    assert state(bench) == "enable"
    assert bench.post(sender="NewShop")["ids"]


@pytest.mark.parametrize("name", ["", "TwelveLetter", "Zażółć", " a", "06 12", "+33"])
def test_names_that_are_none(bench, name):
    assert status_of(lambda: bench.call(f"POST {SENDERS}", {"sender": name})) == 400


def test_a_name_that_is_there(bench):
    assert status_of(lambda: bench.call(f"POST {SENDERS}", {"sender": "Sandbox"})) == 409


def test_a_sender_is_switched_off_and_on_but_not_accepted_by_its_owner(bench):
    put = f"PUT {SENDERS}/{{sender}}"
    for status in ("disable", "enable"):
        bench.call(put, {"status": status}, sender="Sandbox")
        assert state(bench, "Sandbox") == status
    assert status_of(lambda: bench.call(put, {"status": "enable"}, sender="OldShop")) == 403
    bench.call(put, {"status": "refused", "description": "Old"}, sender="OldShop")
    assert state(bench, "OldShop") == "refused"


def test_a_sender_in_the_settings_that_waits_goes_on_waiting(make):
    from smscampaign.model import Sender

    bench = make(senders=(Sender("Waiting", "waitingValidation", "alpha"),))
    bench.wait(86400)
    assert state(bench, "Waiting") == "waitingValidation"
