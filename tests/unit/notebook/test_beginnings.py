"""`sms.init`: settings proposed from Python."""

import os

import pytest

import smscampaign as sms


def clients(folder, text="Prénom;Portable\nAnn;07 99 00 00 10\n"):
    (folder / "clients.csv").write_text(text, "utf-8")
    return "clients.csv"


def test_settings_are_proposed_beside_the_file_and_what_was_found_is_shown(folder):
    made = sms.init(clients(folder))
    assert made.path.name == "clients.toml"
    assert os.fspath(made) == "clients.toml"
    assert 'number = "Portable"' in made.path.read_text("utf-8")
    for shown in (repr(made), made._repr_html_()):
        assert "Fill in the message (line" in shown
        assert "{{ prénom }}" in shown
        assert "Portable" in shown
    line = repr(made).splitlines()[-1].strip()
    assert line.endswith("message='Hello {{ prénom }}, …', region='FR')")
    campaign = eval(line.removeprefix("campaign = "), {"sms": sms})
    assert campaign.plan().summary.messages == 1


def test_settings_that_are_there_stay_unless_they_are_to_be_written_over(folder):
    sms.init(clients(folder))
    (folder / "clients.toml").write_text("# mine\n", "utf-8")
    with pytest.raises(sms.SettingsProblem, match=r"write over them with force=True"):
        sms.init("clients.csv")
    assert (folder / "clients.toml").read_text("utf-8") == "# mine\n"
    sms.init("clients.csv", force=True)


def test_what_cannot_be_read_says_so_in_pythons_words(folder):
    with pytest.raises(sms.FileProblem):
        sms.init("nowhere.csv")
    with pytest.raises(sms.SettingsProblem, match="not for a value of the type int"):
        sms.init(7)
    with pytest.raises(sms.SettingsProblem, match="settings file"):
        sms.init("clients.toml")
    sms.init(clients(folder, "a|b\nAnn|07 99 00 00 10\n"), delimiter="|", header_row=1)
    assert 'delimiter = "|"' in (folder / "clients.toml").read_text("utf-8")


def test_a_persons_row_is_not_taken_for_the_names_of_columns(folder):
    with pytest.raises(sms.SettingsProblem, match="first row holds data") as caught:
        sms.init(clients(folder, "0799000010,Jean,Paris\n0799000011,Anna,Lyon\n"))
    assert "0799" not in str(caught.value)
    assert not (folder / "clients.toml").exists()
