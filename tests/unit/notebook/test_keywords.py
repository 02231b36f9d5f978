"""Keywords and settings, and errors that speak Python."""

import inspect

import pytest

from smscampaign import Campaign
from smscampaign.campaign.keywords import by_key, in_python
from smscampaign.cli.run import run
from smscampaign.errors import CampaignError, FileProblem, SettingsProblem
from smscampaign.settings.table import SETTINGS


def test_keywords_and_the_commands_options_are_the_same():
    keywords = {one.keyword for one in SETTINGS}
    for shown in (Campaign, Campaign.load, run):
        assert keywords <= set(inspect.signature(shown).parameters)
    assert by_key(dict.fromkeys(keywords, 1)) == {one.key: 1 for one in SETTINGS}


def test_an_error_about_a_setting_names_its_keyword(tmp_path):
    (tmp_path / "spring.csv").write_text("name,mobile\n", "utf-8")
    (tmp_path / "spring.toml").write_text("[limits]\nparts = 4\n", "utf-8")
    with pytest.raises(SettingsProblem) as caught:
        Campaign(tmp_path / "spring.csv", max_parts=0)
    assert caught.value.where == "max_parts"
    assert "limits.parts = 0: it should be greater than or equal to 1" in caught.value.what


def test_a_slip_of_the_keyboard_gets_a_suggestion():
    with pytest.raises(SettingsProblem, match=r"no option 'mesage'\nDid you mean message"):
        by_key({"mesage": "Hello"})


def test_something_else_entirely_gets_the_list():
    with pytest.raises(SettingsProblem, match=r"`help\(sms.Campaign\)` lists all of them"), in_python():
        by_key({"zzz": 1})


@pytest.mark.parametrize(
    ("command", "python"),
    [
        ('Say --country-column "Pays de résidence".', 'Say country_column="Pays de résidence".'),
        ("Say which one with --number-column NAME.", 'Say which one with number_column="NAME".'),
        ("shorten it or raise --max-parts", "shorten it or raise max_parts"),
        (
            "send fewer rows with --limit N. Nothing was sent.",
            "send fewer rows with limit=N. Nothing was sent.",
        ),
        ("Give --message … --purpose …, or", "Give message=… purpose=…, or"),
        ("Choose another place with --out FILE; all", 'Choose another place with run.save("FILE"); all'),
        ("Choose another place with --journal FILE.", 'Choose another place with journal="FILE".'),
        ("Go on with --account sms-ab12345-1, or", 'Go on with account="sms-ab12345-1", or'),
        ("or rehearse with --sandbox, which", "or rehearse with sms.sandbox(), which"),
        ("Stop it; then run the command again.", "Stop it; then run the cell again."),
        ("Run `smscampaign run x.csv --dry-run` to see", "Run `campaign.plan()` to see"),
        (
            "`smscampaign lint x.csv` says what to do: --ignore SMS003",
            '`plan.findings` says what to do: overrule=["SMS003"]',
        ),
        ("or go without --no-strict", "or go without strict=False"),
        ("`smscampaign init FILE` writes it", '`sms.init("FILE")` writes it'),
        ("settle them with `reconcile`", "settle them with `smscampaign reconcile` in a terminal"),
        ("`smscampaign check x.csv --advise` says why", "`plan.advice` says why"),
    ],
)
def test_remedies_name_what_there_is_to_type(command, python):
    with pytest.raises(FileProblem) as caught, in_python():
        raise FileProblem("what", where="--country-column", remedy=command)
    assert caught.value.remedy == python
    assert caught.value.where == "country_column"


def test_a_notebook_shows_an_error_without_a_traceback():
    problem = CampaignError("it is wrong", where="row 2", remedy="Mend it.")
    assert problem._render_traceback_() == ["CampaignError: row 2: it is wrong\nMend it."]
