"""What a plan can be asked before it leaves: findings, what its characters cost, and chosen messages."""

import re
from decimal import Decimal

import pytest

import smscampaign as sms
from smscampaign.campaign.preview import bubble
from smscampaign.drawing import masked_body
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.model import Encoding, Message, Recipient, Text


def test_rejections_say_what_would_put_a_row_right_and_mask_it_too(folder):
    (folder / "spring.csv").write_text("name,mobile\nCy,O7 99 00 00 12\nAnn,07 99 00 00 10\n", "utf-8")
    plan = sms.Campaign.load("spring.csv", message="Hi", purpose="transactional", region="FR").plan()
    row = plan.rejections.loc[2]
    assert row["suggestion"].startswith("With digits for the letters it would be +••")
    assert "99 00 00" not in plan.rejections.to_string()


def test_findings_are_a_frame(spring):
    plan = sms.Campaign.load(spring, message="Hello {{ name }}, dear {first_name}").plan()
    found = plan.findings.set_index("rule")
    assert found.loc["SMS003", "severity"] == "error"
    assert found.loc["SMS003", "messages"] == 12
    assert found.loc["SMS003", "row"] == 2
    assert "{first_name}" in found.loc["SMS003", "what"]
    assert "messages" in plan.findings._repr_html_()


def test_a_moment_in_a_finding_is_no_phone_number(spring):
    plan = sms.Campaign.load(spring, send_at="2026-12-24T23:30+01:00").plan()
    assert not plan.findings["what"].str.contains("•").any()


def test_without_findings_the_frame_is_empty(spring):
    plan = sms.Campaign.load(spring, purpose="transactional").plan()
    assert plan.findings.empty
    assert list(plan.findings) == ["rule", "severity", "row", "messages", "where", "what", "remedy"]


@pytest.fixture
def dear(spring):
    text = "Hello {{ name }}, “spring sale” – 20% off all the flowers in our shop until Saturday, come early!"
    return lambda **more: sms.Campaign.load(spring, message=text, purpose="transactional", **more).plan()


def test_advice_shows_itself_and_holds_the_figures(dear):
    plan = dear()
    advice = plan.advice
    assert advice.advice.typography.parts == 12
    for page in (repr(advice), advice._repr_html_()):
        assert "12 messages in UCS-2" in page
        assert "U+2013 En dash" in page
        assert "the message (12)" in page
        assert "save 12 parts" in page
        assert "typography=" in page
    assert plan.summary.parts - dear(typography="gsm").summary.parts == 12


def test_letters_are_proposed_apart_and_spills_told(spring):
    plan = sms.Campaign.load(spring, message="ł" + "x" * 71 + "{{ name }}", purpose="transactional").plan()
    assert "(ł=l)" in repr(plan.advice)
    assert "reach into part 2" in repr(plan.advice)
    assert 'typography="gsm"' not in repr(plan.advice)


def test_nothing_to_advise(plan):
    assert "nothing costs more than it has to" in repr(plan.advice)


def test_messages_are_shown_with_the_borders_of_their_parts(spring):
    plan = sms.Campaign.load(spring, message="{{ name }} " + "x" * 200).plan()
    shown = plan.show("longest", "row 3")
    assert repr(shown).count("⟨2⟩") == 2
    assert "row 3 · +33 • •• •• •• 11 (FR) · GSM-7" in repr(shown)
    assert shown._repr_html_().count('title="part 2 begins here"') == 2
    assert "STOP 36xxx" in shown._repr_html_()
    assert "+33799000011" in repr(plan.show("row 3", numbers=True))
    assert "row 2" in repr(plan.show())


@pytest.mark.parametrize(("what", "said"), [("biggest", "cannot be shown"), ("row 15", "row 15 is not sent")])
def test_what_cannot_be_shown(plan, what, said):
    with pytest.raises(SettingsProblem, match=said):
        plan.show(what)


@pytest.mark.parametrize("stop", [False, True])
@pytest.mark.parametrize("encoding", Encoding)
def test_the_receivers_own_number_is_masked_across_the_borders_too(stop, encoding):
    body = ("x" if encoding is Encoding.GSM7 else "ł") * (148 if encoding is Encoding.GSM7 else 62)
    body += "0799000011" + "y" * 40
    text = Text(body, encoding, len(body), 2)
    message = Message(2, Recipient("+33799000011", "FR"), text)
    hidden = bubble("", message, masked_body(message), stop=stop, rate=Decimal(1), numbers=False)
    plain = bubble("", message, message.text.body, stop=stop, rate=Decimal(1), numbers=True)
    assert "".join(plain.pieces).startswith(body)
    assert list(map(len, hidden.pieces)) == list(map(len, plain.pieces))
    assert not re.search(r"9000", "".join(hidden.pieces) + hidden.about)
    assert len(plain.pieces) == 2


def test_strict_sends_nothing_while_a_row_is_rejected(spring):
    plan = sms.Campaign.load(spring, strict=True).plan()
    with sms.sandbox() as gateway:
        with pytest.raises(
            FileProblem, match=r"2 rows are not right: Fix 2 numbers; 1 duplicate is left out\."
        ):
            plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert gateway.accepted().empty
        loose = sms.Campaign.load(spring, strict=False).plan()
        loose.deliver(gateway, confirm=loose.code_for(gateway))
        assert len(gateway.accepted()) == 12
