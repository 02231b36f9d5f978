"""Plans: what they show, what they hide, and that nothing leaves without their code."""

import gc
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

import smscampaign as sms
from smscampaign.cli.app import run_app
from smscampaign.model import Status
from smscampaign.sandbox import Fault, FaultKind, Sandbox, running


def test_a_plan_shows_everything_a_yes_is_about(plan):
    shown = repr(plan)
    for words in (
        "15 = 12 messages + 3 not sent",
        "12 distinct texts (12 GSM-7)",
        "12 in all (12 of 1 part)",
        "unknown for FR",
        "12, under a minute at 60 a minute",
        "MyShop",
        "STOP clause",
        "duplicate",
        "row 2, which gets the message",
        "number-landline",
        "number-letters",
        "To +33 • •• •• •• 10 (row 2): GSM-7, 1 part",
        "Hello P0, the sale begins.",
        "STOP 36xxx",
        f'plan.deliver(gateway, confirm="{plan.code}")',
    ):
        assert words in shown
    assert plan.code in plan._repr_html_()


@pytest.mark.parametrize("draw", [repr, lambda one: one._repr_html_()])
def test_no_full_number_is_ever_drawn(plan, draw):
    shown = (
        draw(plan) + plan.preview().to_string() + plan.preview()._repr_html_() + plan.rejections.to_string()
    )
    assert not re.search(r"7[ .]?99[ .]?00[ .]?00", shown)
    assert not re.search(r"99 00 12", shown)


def test_numbers_are_there_for_whoever_asks(plan):
    assert plan.preview(2, numbers=True)["number"].tolist() == ["+33799000010", "+33799000011"]
    assert plan.preview(2)["number"].tolist() == ["+33 • •• •• •• 10", "+33 • •• •• •• 11"]


def test_rejections_name_row_and_reason(plan):
    assert plan.rejections["reason"].to_dict() == {
        14: "duplicate",
        15: "number-landline",
        16: "number-letters",
    }
    assert plan.rejections["status"].tolist() == ["suppressed", "rejected", "rejected"]


def test_without_a_sender_the_plan_says_what_a_short_number_means(spring, folder):
    (folder / "spring.toml").write_text('message = "Hi"\npurpose = "transactional"\nregion = "FR"\n')
    with spring.open("a") as file:
        file.write("Jo,+44 7400 123456\n")
    shown = repr(sms.Campaign.load(spring).plan())
    assert "answered for 48 hours" in shown
    assert "1 message of this plan would be refused" in shown
    assert "STOP 36" not in shown


def test_costly_texts_are_pointed_at(spring):
    shown = repr(sms.Campaign.load(spring, message="ê" * 500, max_parts=8, warn_parts=6).plan())
    assert "12 messages in UCS-2" in shown
    assert "(ê)" in shown
    assert "12 messages of more than 6 parts" in shown


def test_nothing_to_send_is_said(spring):
    shown = repr(sms.Campaign.load(spring, message="{{ name if name == 'x' }}").plan())
    assert "No row of this file can be sent." in shown
    assert "confirm=" not in shown


def test_without_the_code_nothing_is_sent(plan):
    with sms.sandbox() as gateway:
        for confirm in ("", "   "):
            run = plan.deliver(gateway, confirm=confirm)
            assert f'confirm="{plan.code_for(gateway)}"' in repr(run)
            assert "Nothing was sent" in run._repr_html_()
        with pytest.raises(sms.NotConfirmed):
            plan.deliver(gateway, confirm="ZZZZ")
        assert len(gateway.accepted()) == 0
    assert run.tally.messages == {Status.REJECTED: 2, Status.SUPPRESSED: 1, Status.PENDING: 12}


def test_the_rehearsal_has_a_code_of_its_own(plan):
    with sms.sandbox() as gateway:
        rehearsal = plan.code_for(gateway)
        assert rehearsal != plan.code
        assert f"{plan.code}. In sms.sandbox(), where it reaches nobody, the code is {rehearsal}." in repr(
            plan
        )
        with pytest.raises(sms.NotConfirmed, match="a rehearsal has another one"):
            plan.deliver(gateway, confirm=plan.code)
        assert len(gateway.accepted()) == 0
        plan.deliver(gateway, confirm=rehearsal)
        assert len(gateway.accepted()) == 12


def test_a_plan_that_was_told_where_shows_the_code_for_there(campaign):
    with sms.sandbox() as gateway:
        plan = campaign.plan(gateway)
        assert plan.code == plan.code_for(gateway)
        assert "In sms.sandbox()" not in repr(plan)
        plan.deliver(gateway, confirm=plan.code)
        assert len(gateway.accepted()) == 12


def test_with_the_code_everybody_gets_one_message_however_often_it_is_run(plan):
    with sms.sandbox() as gateway:
        plan.deliver(gateway, confirm=plan.code_for(gateway).lower())
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        receivers = gateway.accepted(numbers=True)["receiver"]
    assert sorted(receivers) == [f"+337990000{n}" for n in range(10, 22)]
    assert run.tally.messages[Status.ACCEPTED] == 12
    assert run.tally.credits == Decimal(12)


def test_each_sandbox_in_memory_is_a_new_rehearsal_that_leaves_nothing_behind(plan, folder):
    before = sorted(folder.iterdir())
    for _ in range(2):
        with sms.sandbox() as gateway:
            run = plan.deliver(gateway, confirm=plan.code_for(gateway))
            assert len(gateway.accepted()) == 12
    assert sorted(folder.iterdir()) == before
    kept = gateway.rehearsal.folder.path
    assert kept.exists()
    assert len(run.results) == 15
    del run, gateway
    gc.collect()  # what is left of a thread or a bar may still point to them in a circle
    assert not kept.exists()


def test_a_sandbox_with_a_file_remembers(plan, folder):
    database = folder / ".sandbox" / "spring.sandbox.sqlite"
    with sms.sandbox(database) as gateway:
        plan.deliver(gateway, confirm=plan.code_for(gateway), limit=5)
    with sms.sandbox(database) as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert len(gateway.accepted()) == 12
    assert run.tally.messages[Status.ACCEPTED] == 12
    assert (folder / ".sandbox" / "spring.sandbox.journal.sqlite").exists()


def test_what_one_sandbox_got_another_does_not_claim(plan, folder):
    for name in ("one.sqlite", "two.sqlite"):
        with sms.sandbox(name) as gateway:
            run = plan.deliver(gateway, confirm=plan.code_for(gateway))
            assert len(gateway.accepted()) == 12
        assert run.tally.messages[Status.ACCEPTED] == 12
    (folder / "one.sqlite").unlink()
    with sms.sandbox("one.sqlite") as gateway:
        assert plan.deliver(gateway).tally.messages[Status.PENDING] == 12
        plan.deliver(gateway, confirm=plan.code_for(gateway))
        plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert len(gateway.accepted()) == 12
    assert list(folder.glob("*journal*")) == []


def test_a_limit_takes_the_first_rows(plan):
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway), limit=5)
        assert sorted(gateway.accepted(numbers=True)["receiver"])[-1] == "+33799000014"
    assert run.tally.messages[Status.PENDING] == 7
    assert "7 messages still to be sent. Run the cell again" in repr(run)


def test_a_file_that_changed_after_it_was_shown_is_not_sent(plan, spring):
    spring.write_text(spring.read_text() + "New,0799000030\n")
    with sms.sandbox() as gateway:
        with pytest.raises(sms.ChangedInputs, match="nothing was sent"):
            plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert len(gateway.accepted()) == 0


def test_a_plan_made_anew_takes_the_place_of_the_old_one(plan, spring):
    other = sms.Campaign.load(spring, message="Another").plan()
    assert other.code != plan.code
    with pytest.raises(sms.ChangedInputs, match="made anew"):
        plan.preview()


def test_a_placeholder_that_was_not_filled_in_is_sent_to_nobody_until_it_is_named(spring, folder):
    plan = sms.Campaign.load(spring, message="Bonjour {prenom} !").plan()
    for shown in (repr(plan), plan._repr_html_()):
        assert "SMS003" in shown
        assert "Nothing leaves as it is" in shown
        assert plan.code not in shown
    with sms.sandbox() as gateway:
        with pytest.raises(sms.SettingsProblem, match=r"SMS003(?s:.*)overrule=\[\"SMS003\"\]"):
            plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert gateway.accepted().empty
        for wrong in (["SMS004"], "SMS016", ()):
            with pytest.raises(sms.SettingsProblem, match="SMS003"):
                plan.deliver(gateway, confirm=plan.code_for(gateway), overrule=wrong)
        plan.deliver(gateway, confirm=plan.code_for(gateway), overrule=["SMS003"])
        assert len(gateway.accepted()) == 12


@pytest.mark.parametrize("wrong", [["SMS999"], "nonsense", [3], 7])
def test_what_is_no_rule_is_not_overruled(plan, wrong):
    with sms.sandbox() as gateway, pytest.raises(sms.SettingsProblem, match=r"^overrule: "):
        plan.deliver(gateway, confirm=plan.code_for(gateway), overrule=wrong)


def test_strict_errors_are_overruled_one_by_one(spring, folder):
    toml = folder / "spring.toml"
    toml.write_text(toml.read_text("utf-8").replace('sender = "MyShop"', ""), "utf-8")
    campaign = sms.Campaign.load(spring, strict=True, message="See http://x.example {{ name }}")
    plan = campaign.correct({15: None, 16: None}).plan()
    with sms.sandbox() as gateway:
        with pytest.raises(sms.SettingsProblem, match="SMS002"):
            plan.deliver(gateway, confirm=plan.code_for(gateway))
        plan.deliver(gateway, confirm=plan.code_for(gateway), overrule=["sms002"])


def test_a_warning_stands_on_the_plan_above_its_code(spring):
    shown = repr(sms.Campaign.load(spring, message="ê" * 80 + "{{ name }}").plan())
    assert shown.index("WARNING SMS001") < shown.index("plan.deliver(")


def test_no_credits_stop_before_the_first_call(plan):
    with sms.sandbox(credits=11) as gateway:
        with pytest.raises(sms.GatewayProblem, match="not enough credits"):
            plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert len(gateway.accepted()) == 0


def test_a_refusal_that_stops_the_run_is_shown_not_raised(plan):
    with sms.sandbox() as gateway:
        gateway.rehearsal.here.add_faults(Fault(FaultKind.STATUS, status=403))
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
    assert run.stopped
    assert "it stopped before its end" in repr(run)


def test_for_real_the_journal_stands_beside_the_file(spring, folder, loopback):
    campaign = sms.Campaign.load(spring, pace=0)
    plan = campaign.plan()
    gateway = sms.ovhcloud(pace=0)
    with sms.sandbox() as rehearsal:
        with pytest.raises(sms.NotConfirmed):
            plan.deliver(gateway, confirm=plan.code_for(rehearsal))
        plan.deliver(rehearsal, confirm=plan.code_for(rehearsal))
    run = plan.deliver(sms.ovhcloud(pace=0), confirm=plan.code)
    assert run.tally.messages[Status.ACCEPTED] == 12
    assert len(list(loopback.accepted())) == 12
    assert "sms-sb00001-1 at loopback" in repr(run)
    assert run.save() == folder / "spring.results.csv"
    assert "Has begun" in repr(campaign.plan())


def test_a_begun_campaign_does_not_change_under_its_name(spring, loopback):
    plan = sms.Campaign.load(spring, pace=0).plan()
    plan.deliver(sms.ovhcloud(pace=0), confirm=plan.code, limit=1)
    with pytest.raises(sms.ChangedInputs, match="Put it back as it was"):
        sms.Campaign.load(spring, message="Other").plan()
    other = sms.Campaign.load(spring, message="Other").plan(journal="other.sqlite")
    assert other.summary.messages == 12


def test_amending_in_a_notebook_reaches_who_is_new_and_nobody_twice(spring, loopback):
    plan = sms.Campaign.load(spring, pace=0).plan()
    plan.deliver(sms.ovhcloud(pace=0), confirm=plan.code, limit=5)
    with pytest.raises(sms.ChangedInputs, match=r"send this, with plan\(amend=True\), to those"):
        sms.Campaign.load(spring, pace=0, message="Other").plan()
    amended = sms.Campaign.load(spring, pace=0, message="Other").plan(amend=True)
    assert amended.summary.messages == 7
    assert "already-sent" in repr(amended)
    amended.deliver(sms.ovhcloud(pace=0), confirm=amended.code, limit=2)
    run = amended.deliver(sms.ovhcloud(pace=0), confirm=amended.code)
    assert run.tally.messages[Status.ACCEPTED] == 7
    assert len({row["receiver"] for row in loopback.accepted()}) == len(list(loopback.accepted())) == 12


def test_a_notebook_that_restarts_does_not_restart_when_it_is_run_again(spring, loopback):
    def cells(confirm):
        plan = sms.Campaign.load(spring, pace=0).plan(restart=True)
        return plan, plan.deliver(sms.ovhcloud(pace=0), confirm=confirm)

    first = sms.Campaign.load(spring, pace=0).plan()
    first.deliver(sms.ovhcloud(pace=0), confirm=first.code)
    plan, _ = cells("")
    assert f'confirm="AGAIN {plan.code}"' in repr(plan)
    with pytest.raises(sms.NotConfirmed):
        cells(plan.code)
    again, _ = cells(f"AGAIN {plan.code}")
    again.deliver(sms.ovhcloud(pace=0), confirm=again.code)
    assert len(list(loopback.accepted())) == 24
    with pytest.raises(sms.NotConfirmed):
        cells(f"AGAIN {plan.code}")
    assert len(list(loopback.accepted())) == 24
    with pytest.raises(sms.SettingsProblem, match="one of them"):
        sms.Campaign.load(spring).plan(amend=True, restart=True)


@pytest.mark.parametrize("when", ["planning", "delivering"])
def test_who_had_the_same_text_is_left_out_in_a_notebook_too_unless_it_is_sent_again(spring, loopback, when):
    first = sms.Campaign.load(spring, pace=0).plan()
    first.deliver(sms.ovhcloud(pace=0), confirm=first.code, limit=3)
    first.deliver(sms.ovhcloud(pace=0), confirm=first.code)
    campaign = sms.Campaign.load(spring, pace=0, name="other", repeat_days=30)
    other = campaign.plan(journal="other.journal.sqlite")
    assert other.summary.messages == 0
    again = {"send_again": True}
    if when == "planning":
        other = campaign.plan(journal="other.journal.sqlite", **again)
        assert other.summary.messages == 12
    other.deliver(sms.ovhcloud(pace=0), confirm=other.code, **again)
    assert len(list(loopback.accepted())) == 24


def test_rates_are_asked_of_a_gateway_and_remembered(spring, loopback):
    campaign = sms.Campaign.load(spring)
    assert "unknown for FR" in repr(campaign.plan())
    plan = campaign.plan(sms.ovhcloud(pace=0))
    assert "Credits    12\n" in repr(plan)
    assert plan.preview(1)["credits"].item() == 1
    assert "Credits    12\n" in repr(campaign.plan())


def test_a_campaign_that_names_its_account_leaves_from_no_other(spring, loopback):
    plan = sms.Campaign.load(spring, account="sms-zz99999-1").plan()
    with pytest.raises(sms.GatewayProblem, match=r'sms\.ovhcloud\("sms-zz99999-1"\)'):
        plan.deliver(sms.ovhcloud(pace=0), confirm=plan.code)
    assert list(loopback.accepted()) == []


def test_keys_that_cannot_see_rates_still_show_a_plan(spring, loopback):
    loopback.add_faults(Fault(FaultKind.STATUS, "GET /sms/rates/*", status=500))
    plan = sms.Campaign.load(spring, pace=0).plan(sms.ovhcloud(pace=0))
    assert "unknown for FR" in repr(plan)
    run = plan.deliver(sms.ovhcloud(pace=0), confirm=plan.code)
    assert "the rates could not be asked for" in repr(run)


@pytest.fixture
def typed(monkeypatch):
    """A kernel, and somebody at its prompt: what he does there before he types the code that is asked for."""
    meanwhile, asked = [], []

    def answer(prompt):
        asked.append(prompt)
        for act in meanwhile:
            act()
        return re.findall(r"Type (\w{4}) to", prompt)[0]

    for where in ("plans", "consent"):
        monkeypatch.setattr(f"smscampaign.notebook.{where}.in_kernel", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    return meanwhile, asked


def _settings(folder):
    toml = folder / "spring.toml"
    toml.write_text(toml.read_text("utf-8").replace("sale", "feast"), "utf-8")
    return "message: was"


def _recipients(folder):
    with (folder / "spring.csv").open("a", encoding="utf-8") as file:
        file.write("Late,+33799000025\n")
    return "file: was another content"


def _rejected(folder):
    (folder / "spring.rejected.csv").write_text(
        (folder / "kept.csv").read_text("utf-8-sig").replace("01 99 00 12 34", "07 99 00 00 30"), "utf-8-sig"
    )
    return "corrections: was"


CHANGES = pytest.mark.parametrize("change", [_settings, _recipients, _rejected])


@pytest.fixture
def rejected(folder, spring):
    """`kept.csv`: the file of the rows that cannot be sent."""
    assert run_app(["run", str(spring), "--dry-run", "--out", "dry.csv"]) == 0
    (folder / "spring.rejected.csv").rename(folder / "kept.csv")


@CHANGES
def test_what_changes_while_the_box_stands_is_not_sent(rejected, spring, folder, typed, change):
    meanwhile, asked = typed
    words = []
    meanwhile.append(lambda: words.append(change(folder)))
    plan = sms.Campaign.load(spring).plan()
    with sms.sandbox() as gateway:
        with pytest.raises(sms.ChangedInputs, match="has changed since it was shown") as caught:
            plan.deliver(gateway)
        assert len(asked) == 1
        assert (words[0] in caught.value.what, "has begun" in str(caught.value)) == (True, False)
        assert len(gateway.accepted()) == 0
        meanwhile.clear()
        run = sms.Campaign.load(spring).plan().deliver(gateway)
        assert run.tally.messages[Status.ACCEPTED] == (12 if change is _settings else 13)


@CHANGES
def test_nobody_is_asked_for_the_code_of_a_plan_that_was_not_shown(rejected, spring, folder, typed, change):
    plan = sms.Campaign.load(spring).plan()
    words = change(folder)
    with sms.sandbox() as gateway:
        with pytest.raises(sms.ChangedInputs, match="has changed since it was shown") as caught:
            plan.deliver(gateway)
        assert (typed[1], words in caught.value.what) == ([], True)
        assert len(gateway.accepted()) == 0


def test_what_other_rehearsals_left_is_no_reason_against_one_in_memory(spring, folder):
    with sms.sandbox(folder / ".sandbox" / "spring.sandbox.sqlite") as gateway:
        campaign = sms.Campaign.load(spring)
        run = campaign.plan().deliver(gateway, confirm=campaign.plan().code_for(gateway))
        run.save()
    (folder / ".sandbox" / "spring.sandbox.journal.sqlite").rename(
        folder / ".sandbox" / "other.sandbox.journal.sqlite"
    )
    shutil.copy(
        folder / ".sandbox" / "other.sandbox.journal.sqlite",
        folder / ".sandbox" / "spring.sandbox.journal.sqlite",
    )
    for message in ("Hello {{ name }}, the sale begins.", "Ho {{ name }}, it begins."):
        plan = sms.Campaign.load(spring, message=message).plan()
        with sms.sandbox() as gateway:
            run = plan.deliver(gateway, confirm=plan.code_for(gateway))
            assert len(gateway.accepted()) == 12
        assert run.save() == folder / "spring.sandbox.results.csv"
        assert f"{message.split()[0]} P0" in run.save().read_text("utf-8")


def test_the_same_text_twice_in_one_sandbox_in_memory_is_refused_with_a_line_to_paste(spring):
    with sms.sandbox() as gateway:
        for purpose in ("marketing", "transactional"):
            plan = sms.Campaign.load(spring, purpose=purpose).plan()
            if purpose == "marketing":
                plan.deliver(gateway, confirm=plan.code_for(gateway))
        with pytest.raises(sms.SentBefore) as refused:
            plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert len(gateway.accepted()) == 12
        named = re.search(r'`journal="(\S+\.journal\.sqlite)"`', refused.value.remedy)
        assert named
        assert Path(named[1]).is_file()


def test_results_of_the_real_campaign_are_not_replaced_by_a_rehearsal(spring, folder, monkeypatch):
    with running(settings=Sandbox(senders=("MyShop",))) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        gateway = sms.ovhcloud(pace=0)
        plan = sms.Campaign.load(spring).plan(gateway)
        plan.deliver(gateway, confirm=plan.code)
    before = (folder / "spring.results.csv").read_bytes()
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
    with pytest.raises(sms.FileProblem, match="are left as they are"):
        run.save("spring.results.csv")
    assert (folder / "spring.results.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (
            lambda plan: plan.deliver(None, confirmation="K7QX"),
            "deliver: there is no argument 'confirmation'",
        ),
        (lambda plan: plan.deliver(None, limits=3), "Here it is limit. It takes gateway, confirm, limit"),
        (lambda plan: plan.deliver(None, noStopClause=True), 'as purpose="transactional". It takes gateway'),
        (lambda plan: plan.deliver(None, senderForResponse=True), "as a sender that is left out. "),
        (lambda plan: plan.deliver(None, receivers=["x"]), "It is said to sms.Campaign(…), as recipients. "),
        (lambda plan: plan.deliver(None, sendr="MyShop"), "It is said to sms.Campaign(…), as sender. "),
        (
            lambda plan: plan.campaign.plan(amendd=True),
            "plan: there is no argument 'amendd'\nHere it is amend. ",
        ),
        (lambda plan: plan.campaign.plan(message="x"), "It is said to sms.Campaign(…), as message. "),
    ],
)
def test_an_unknown_keyword_is_a_sentence_that_names_the_nearest(plan, ask, says):
    with pytest.raises(sms.SettingsProblem) as caught:
        ask(plan)
    assert says in str(caught.value)
    assert len(caught.value._render_traceback_()) == 1
