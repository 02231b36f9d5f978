"""Senders, templates and users: how they come to be, and who decides."""

from __future__ import annotations

import pytest

from smscampaign.sandbox.answers import ApiError

SENDERS = "/sms/{serviceName}/senders"
TEMPLATES = "/sms/{serviceName}/templatesControl"
USERS = "/sms/{serviceName}/users"


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


def test_a_code_makes_it_usable_at_once(bench):
    bench.call(f"POST {SENDERS}", {"sender": "+33639980001"})
    validate = f"POST {SENDERS}/{{sender}}/validate"
    assert status_of(lambda: bench.call(validate, {"code": "9"}, sender="+33639980001")) == 400
    bench.call(validate, {"code": "1234"}, sender="+33639980001")
    assert state(bench, "+33639980001") == "enable"


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


def test_a_template_waits_and_again_when_it_is_relaunched(bench):
    text = {"activity": "alerting", "message": "Code 1", "name": "codes"}
    bench.call(f"POST {TEMPLATES}", text)
    one = f"{TEMPLATES}/{{name}}"
    assert bench.call(f"GET {one}", name="codes")["status"] == "waitingValidation"
    bench.wait(3600)
    assert bench.call(f"GET {one}", name="codes")["status"] == "enable"
    bench.call(f"POST {one}/relaunchValidation", {"message": "Code 2", "description": "d"}, name="codes")
    assert bench.call(f"GET {one}", name="codes")["status"] == "waitingValidation"
    assert status_of(lambda: bench.call(f"POST {TEMPLATES}", text)) == 409
    assert status_of(lambda: bench.call(f"GET {one}", name="others")) == 404


def test_a_user_sees_only_what_came_by_its_login(bench):
    bench.call(f"POST {USERS}", {"login": "ann", "password": "secret"})
    bench.call(f"POST {USERS}", {"login": "bob", "password": "secret"})
    job = {"message": "Hi", "receivers": ["+33612345678"], "sender": "Sandbox"}
    (message,) = bench.call(f"POST {USERS}/{{login}}/jobs", job, login="ann")["ids"]
    bench.post()
    get = f"GET {USERS}/{{login}}/outgoing"
    assert bench.call(get, login="ann") == [message]
    assert bench.call(get, login="bob") == []
    assert status_of(lambda: bench.call(f"{get}/{{id}}", login="bob", id=str(message))) == 404
    assert len(bench.get("outgoing")) == 2
    assert status_of(lambda: bench.call(get, login="eve")) == 404


@pytest.mark.parametrize("login", ["", "ab", "a b c", "ann/../x", "x" * 33])
def test_logins_that_are_none(bench, login):
    assert status_of(lambda: bench.call(f"POST {USERS}", {"login": login, "password": "p"})) == 400


def test_a_user_that_is_there(bench):
    bench.call(f"POST {USERS}", {"login": "ann", "password": "secret"})
    assert status_of(lambda: bench.call(f"POST {USERS}", {"login": "ann", "password": "x"})) == 409
    wrong = {"quotaInformations": {"nothing": 1}}
    assert status_of(lambda: bench.call(f"PUT {USERS}/{{login}}", wrong, login="ann")) == 400
