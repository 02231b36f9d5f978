"""What became of a run once others were asked: the same from the kernel that sent it and from another one."""

import pandas as pd
import pytest

import smscampaign as sms
from smscampaign.errors import GatewayProblem, JournalProblem, SettingsProblem


@pytest.fixture
def asked(plan):
    """Sent, and looked at two days later."""
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        gateway.forward(hours=48)
        yield run


def test_receipts_are_a_frame_whose_columns_sum_and_plot(asked):
    found = asked.receipts()
    assert found["delivery"].value_counts().to_dict() == {"delivered": 12}
    assert found["credits"].sum() == 12
    assert found["delivered_at"].dtype == found["sent_at"].dtype == "datetime64[us, UTC]"
    took = (found["delivered_at"] - found["sent_at"]).dt.total_seconds() / 60
    assert took.round(2).tolist() == found["minutes"].tolist()
    assert found.index.tolist() == list(range(2, 14))
    assert found["number"].iloc[0] == "+33 • •• •• •• 10"
    assert asked.receipts(numbers=True)["number"].iloc[0] == "+33799000010"
    assert asked.summary.loc["accepted", "delivered"] == 12


def test_before_anything_came_all_are_awaited(plan):
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        gateway.forward(hours=-1)
        assert set(run.receipts()["delivery"]) == {"waiting"}


def test_pictures_of_the_report_are_figures(asked):
    asked.receipts()
    page = asked.plot("funnel")
    assert [bar.get_width() for bar in page.axes[0].patches] == [15, 12, 12, 12]
    assert [line.get_ydata()[-1] for line in asked.plot("times").axes[0].lines] == [12, 12]
    with pytest.raises(SettingsProblem, match="no picture 'network'"):
        asked.plot("network")


def test_the_report_is_a_file_with_nobodys_number(asked, folder):
    where = asked.report()
    assert where == folder / "spring.sandbox.report.html"
    assert "<svg" in where.read_text("utf-8")
    assert "99 00 00 10" not in where.read_text("utf-8")
    assert 'href="spring.sandbox.report.html"' in where._repr_html_()
    assert "The report is in" in where._repr_html_()
    assert asked.report("other.html").name == "other.html"
    with pytest.raises(SettingsProblem):
        asked.report("spring.csv")


def test_where_the_sandbox_has_stopped_it_is_what_was_known(plan, capsys):
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
    assert set(run.receipts()["delivery"]) == {"waiting"}
    assert "has stopped: this is what was known by then" in capsys.readouterr().err
    assert len(run.replies()) == 0


def test_a_campaign_is_opened_later_by_its_journal(plan, folder):
    with sms.sandbox("spring.sandbox.sqlite") as gateway:
        plan.deliver(gateway, confirm=plan.code_for(gateway))
    campaign = sms.Campaign.load("spring.csv")
    with pytest.raises(JournalProblem, match="nothing was sent"):
        campaign.sent()
    with pytest.raises(JournalProblem, match="no journal here") as told:
        campaign.sent(journal="other.sqlite")
    assert "sent(rehearsal=True)" in told.value.remedy
    (journal,) = (folder / ".sandbox").rglob("*.journal.sqlite")
    run = campaign.sent(journal=journal)
    assert run.results["sms_credits"].sum() == 12
    assert run.summary.loc["accepted", "rows"] == 12
    with sms.sandbox("spring.sandbox.sqlite") as gateway:
        gateway.forward(hours=48)
        assert set(run.receipts(gateway)["delivery"]) == {"delivered"}
    assert set(run.results["sms_delivery"].dropna()) == {"delivered"}
    assert run.plot().axes
    assert "sent through" in run._repr_html_()


def test_what_the_command_rehearsed_is_opened_and_asked_where_it_was_sent(spring, monkeypatch):
    from smscampaign.cli import main

    monkeypatch.setattr("sys.argv", ["smscampaign", "run", str(spring), "--sandbox", "--yes"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    run = sms.Campaign.load(spring).sent(rehearsal=True)
    assert len(run.receipts(follow=True)) == 12
    assert set(run.results["sms_delivery"].dropna()) == {"delivered"}


def test_replies_are_a_frame(plan):
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert run.replies().empty
        gateway.forward(hours=1)
        gateway.answer("STOP", people=2)
        found = run.replies()
        assert found.index.nunique() == 2
        assert set(found.index) < set(range(2, 14))
        assert set(found["stop"]) == {"stop"}
        assert found["at"].dtype == "datetime64[us, UTC]"
        assert found["number"].str.startswith("+33 • •• •• •• ").all()
        whole = run.replies(numbers=True)
        assert whole["number"].tolist() == [f"+337990000{8 + row:02d}" for row in whole.index]
        assert run.plot("replies").axes
        with pytest.raises(GatewayProblem, match="nobody can answer in the sandbox: MyShop is a name"):
            gateway.answer("Yes, please")
        with pytest.raises(GatewayProblem, match="cannot be moved"):
            gateway.forward(hours=10**9)


def test_of_a_frame_the_rows_are_called_by_its_index(campaign):
    people = pd.DataFrame({"who": ["A", "B"], "mobile": ["+33799000010", "+33799000011"]}, index=["x", "y"])
    given = {"message": "Hello {{ who }}", "purpose": "marketing", "region": "FR", "sender": "MyShop"}
    plan = sms.Campaign(people, **given).plan()
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        gateway.forward(hours=48)
        assert people.join(run.receipts()[["delivery"]])["delivery"].tolist() == ["delivered"] * 2


def test_texts_are_compared_by_a_frame_of_orders(spring):
    (spring.parent / "spring.toml").write_text(
        'message = "Hello {{ name }}"\npurpose = "marketing"\nregion = "FR"\nsender = "MyShop"\n'
        '[variants]\nmeasure = "outcome"\n[variants.texts]\nB = "Hi {{ name }}"\n',
        "utf-8",
    )
    plan = sms.Campaign.load(spring).plan()
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
    orders = pd.DataFrame({"name": ["P1", "P2", "P1"]})
    found = run.compare(orders, key="name")
    assert found.texts["people"].sum() == 12
    assert found.texts["did"].sum() == 2
    assert found.winner is None
    assert found.verdict.startswith("Not yet")
    assert found.verdict in found._repr_html_()
    assert found.pairs["grade"].tolist() == ["not yet"]
    with pytest.raises(SettingsProblem, match="go together"):
        run.compare(orders)


def test_of_one_text_there_is_nothing_to_compare(asked):
    with pytest.raises(SettingsProblem, match="one text"):
        asked.compare()


def test_results_are_saved_in_the_form_that_their_ending_says(asked, folder):
    asked.save("out.xlsx")
    found = pd.read_excel(folder / "out.xlsx", dtype=str, engine="openpyxl")
    assert found["sms_number"].iloc[0] == "+33799000010"
    assert len(found) == 15
