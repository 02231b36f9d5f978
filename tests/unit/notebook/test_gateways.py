"""Sandboxes and accounts as a notebook opens them."""

import re
import urllib.request

import pytest

import smscampaign as sms
from smscampaign.sandbox import Sandbox, running
from smscampaign.sandbox.mailbox import Reply


def test_a_sandbox_tells_what_arrived_with_numbers_masked(plan):
    with sms.sandbox() as gateway:
        plan.deliver(gateway, confirm=plan.code_for(gateway))
        inbox = gateway.accepted()
        page = urllib.request.urlopen(gateway.url, timeout=10).read().decode()
    assert set(inbox["sender"]) == {"MyShop"}
    assert "+33 • •• •• •• 10" in set(inbox["receiver"])
    assert not re.search("9900001", inbox.to_string())
    assert "<title>SMS sandbox</title>" in page


def test_a_sandbox_that_stopped_says_so(plan):
    with sms.sandbox() as gateway:
        assert repr(gateway) == "<the sandbox on this computer>"
    for late in (
        gateway.accepted,
        lambda: gateway.url,
        lambda: plan.deliver(gateway, confirm=plan.code_for(gateway)),
    ):
        with pytest.raises(sms.GatewayProblem, match="has stopped"):
            late()


@pytest.mark.parametrize(
    ("given", "says"),
    [(sms.sandbox, r"Write: with sms.sandbox\(\) as gateway"), (lambda: "ovh", "str is no gateway")],
)
def test_what_is_no_gateway_is_refused(plan, given, says):
    with pytest.raises(sms.GatewayProblem, match=says):
        plan.deliver(given(), confirm=plan.code)


def test_an_unusable_database_is_a_problem_for_the_operator(folder):
    with pytest.raises(sms.GatewayProblem), sms.sandbox(folder / "missing" / "x.sqlite"):
        pass


def test_an_account_and_its_senders(monkeypatch):
    with running(settings=Sandbox(senders=("MyShop",))) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        gateway = sms.ovhcloud(pace=0)
        assert repr(gateway) == "<SMS account sms-sb00001-1 at loopback>"
        assert gateway.account().credits_left == 10_000
        assert gateway.senders()["sender"].tolist() == ["MyShop"]


def test_what_waits_and_what_people_answered_is_masked_unless_asked_for(monkeypatch):
    with running() as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        gateway = sms.ovhcloud(pace=0)
        number, now = "+33799000001", here.world.clock.now()
        job = {"message": "Hi", "receivers": [number], "sender": "Sandbox", "differedPeriod": 60}
        (message,) = gateway.carrier.api.post(f"/sms/{here.account}/jobs", job)["ids"]
        here.world.store.mail.add(Reply(0, here.account, now, number, f"Call {number}", "", message))
        assert gateway.jobs(numbers=True).loc[message, "receiver"] == number
        assert gateway.replies(numbers=True)["from"].tolist() == [number]
        shown = gateway.jobs()._repr_html_() + gateway.replies()._repr_html_()
        assert number[1:] not in shown
        assert gateway.delete_job(message) is True
        assert gateway.delete_job(message) is False
        assert gateway.jobs().empty
        gateway.add_sender("Flore", reason="Reminders")
        assert gateway.senders()["status"].tolist() == ["enable", "waitingValidation"]


def test_several_accounts_want_a_name(monkeypatch):
    with running(settings=Sandbox(accounts=2)) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        with pytest.raises(sms.GatewayProblem, match='account="NAME"'):
            sms.ovhcloud()
        assert sms.ovhcloud("sms-sb00001-2", pace=0).account().name == "sms-sb00001-2"


def test_no_keys_point_to_the_sandbox(monkeypatch):
    monkeypatch.setenv("OVH_ENDPOINT", "ovh-eu")
    with pytest.raises(sms.GatewayProblem, match=r"rehearse with sms.sandbox\(\)"):
        sms.ovhcloud()
