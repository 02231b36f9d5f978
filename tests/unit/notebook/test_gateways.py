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


@pytest.fixture
def account(monkeypatch, folder):
    """An account of a sandbox, as `sms.connect()` finds it; what is kept of single messages is in this folder."""
    monkeypatch.setattr("smscampaign.campaign.trials._folder", lambda: folder / "state")
    with running(settings=Sandbox(senders=("MyShop",), accounts=1)) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        yield here


NUMBER = "+33 7 99 00 00 01"


def test_the_first_script_of_the_guide_in_five_lines(account):
    gateway = sms.connect(pace=0)
    report = gateway.send(
        NUMBER, "Hello", sender="MyShop", no_stop_clause=True, priority="high", validity=60, yes=True
    )
    assert report.valid_receivers == ("+33799000001",)
    assert report.invalid_receivers == ()
    assert report.credits_removed == 1
    assert report.credits_left == gateway.account().credits_left == 9_999
    assert len(report.ids) == 1
    (line,) = account.accepted()
    assert (line["receiver"], line["sender"], line["message"]) == ("+33799000001", "MyShop", "Hello")
    for shown in (repr(report), report._repr_html_()):
        assert "+33 • •• •• •• 01" in shown
        assert "Credits removed" in shown
        assert "99 00 00" not in shown
    assert gateway.accounts()["account"].tolist() == [gateway.account().name]


def test_the_same_text_to_the_same_number_goes_as_often_as_one_likes(account):
    gateway = sms.connect(pace=0)
    for _ in range(2):
        gateway.send(NUMBER, "Hello", sender="MyShop", yes=True)
    assert len(list(account.accepted())) == 2


def test_a_notebook_asks_for_the_last_four_digits_and_takes_no_yes(account, monkeypatch):
    gateway, asked, says = sms.connect(pace=0), [], ["", "0002", "0001"]
    monkeypatch.setattr("smscampaign.notebook.gateways.in_kernel", lambda: True)
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or says.pop(0))
    with pytest.raises(sms.NotConfirmed, match="in a notebook"):
        gateway.send(NUMBER, "Hello", sender="MyShop", yes=True)
    report = gateway.send(NUMBER, "Hello", sender="MyShop")
    assert "nothing was sent" in repr(report)
    with pytest.raises(sms.NotConfirmed, match="not its last four digits"):
        gateway.send(NUMBER, "Hello", sender="MyShop")
    assert list(account.accepted()) == []
    assert gateway.send(NUMBER, "Hello", sender="MyShop").status == "accepted"
    assert "99 00 00" not in asked[0]
    assert "+33 • •• •• •• 01" in asked[0]


def test_a_script_that_nobody_sits_at_says_yes(account, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(sms.NotConfirmed, match=r"nobody here to ask\nA script that may send says yes=True"):
        sms.connect(pace=0).send(NUMBER, "Hello", sender="MyShop")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"noStopClause": True}, "there is no argument 'noStopClause'\nHere it is no_stop_clause"),
        ({"senderForResponse": True}, "Here it is a sender that is left out"),
        ({"receivers": [NUMBER]}, "Here it is to"),
        ({"validityPeriod": 60}, "Here it is validity"),
        ({"valdity": 60}, "Here it is validity"),
        ({"sender": "much too long a name"}, "sender: "),
        ({"validity": 0}, "validity: "),
        ({"text": " "}, "it is one text"),
        ({"to": [NUMBER]}, "it is one number"),
        ({"to": "07 99 00 00 01"}, "to: "),
        ({"to": "01 99 00 12 34", "region": "FR"}, "to: "),
        ({"text": "{prenom}"}, "overrule"),
    ],
)
def test_what_is_wrong_about_one_message_is_a_sentence(account, given, says):
    gateway = sms.connect(pace=0)
    with pytest.raises(sms.CampaignError) as caught:
        gateway.send(**{"to": NUMBER, "text": "Hello", "sender": "MyShop", "yes": True} | given)
    assert says in str(caught.value)
    assert list(account.accepted()) == []


def test_an_error_of_the_linter_is_overruled_by_its_name(account):
    gateway = sms.connect(pace=0)
    gateway.send(NUMBER, "{prenom}", sender="MyShop", yes=True, overrule=["SMS003"])
    assert len(list(account.accepted())) == 1


def test_a_campaign_names_what_ovhclouds_words_are_here(spring):
    with pytest.raises(sms.SettingsProblem, match=r'Here it is purpose="transactional"'):
        sms.Campaign.load(spring, noStopClause=True)


def test_a_sandbox_sends_one_message_too(folder, monkeypatch):
    monkeypatch.setattr("smscampaign.campaign.trials._folder", lambda: folder / "state")
    with sms.sandbox() as gateway:
        report = gateway.send("07 99 00 00 01", "Hello", sender="MyShop", region="FR", yes=True)
        assert report.status == "accepted"
        assert gateway.accepted()["sender"].tolist() == ["MyShop"]


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


def test_an_account_is_checked_from_python(monkeypatch):
    with running(settings=Sandbox()) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        fine = sms.check(sender="Sandbox")
        other = sms.check(sender="Nobody")
    assert fine.usable
    assert "the sender Sandbox can be used" in repr(fine)
    assert not other.usable
    assert "the sender Nobody cannot be used" in other._repr_html_()
    assert not sms.check().usable  # nobody answers any more


def test_what_goes_wrong_in_a_sandbox_is_chosen_as_the_command_does(plan):
    with sms.sandbox(faults=["drop-after,nth=1"]) as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        record = gateway.accepted()
    assert len(record) == plan.summary.messages == sum(run.results["sms_status"] == "accepted")
    with pytest.raises(sms.GatewayProblem, match="no fault of the sandbox"), sms.sandbox(faults="fire"):
        pass
