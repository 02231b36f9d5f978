"""Which columns look like consent or a status, what they leave out, and which only have such a name."""

from __future__ import annotations

import pytest

from smscampaign.model import Row
from smscampaign.recipients.consent_columns import consent_columns, named_for_consent


def conditions(header: str, *lines: str) -> list[str]:
    rows = [Row(line, tuple(cells.split(";"))) for line, cells in enumerate(lines, 2)]
    return [one.condition for one in consent_columns(header.split(";"), rows)]


@pytest.mark.parametrize(
    ("name", "cells", "condition"),
    [
        ("Accepts SMS Marketing", "yes no", "accepts_sms_marketing == 'yes'"),
        ("Opt-in", "Oui Non", "opt_in == 'Oui'"),
        ("optIn", "true TRUE false", "optin in ['true', 'TRUE']"),
        ("SMS Consent", "SUBSCRIBED NEVER_SUBSCRIBED", "sms_consent == 'SUBSCRIBED'"),
        ("Consentement RGPD", "1 0", "consentement_rgpd == '1'"),
        ("Abonné", "oui non", "abonné == 'oui'"),
        ("Zgoda marketingowa", "tak nie", "zgoda_marketingowa == 'tak'"),
        ("Einwilligung", "Ja Nein", "einwilligung == 'Ja'"),
        ("Newsletter", "no no", "newsletter != 'no'"),
        ("Opt out", "yes no", "opt_out != 'yes'"),
        ("Désabonné", "Oui Non", "désabonné != 'Oui'"),
        ("Statut", "Payé Annulé", "statut != 'Annulé'"),
        ("Financial Status", "paid refunded voided", "financial_status not in ['refunded', 'voided']"),
        ("Stan", "opłacone anulowane", "stan != 'anulowane'"),
        ("Status", "bezahlt storniert", "status != 'storniert'"),
    ],
)
def test_the_condition_keeps_who_said_yes_and_leaves_out_what_is_over(name, cells, condition):
    assert conditions(f"n;{name}", *(f"1;{cell}" for cell in cells.split())) == [condition]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Opt-in", "yes yes"),
        ("Opt-in", "2026-01-01 2026-01-02"),
        ("Statut", "Payé Livré"),
        ("Status", "a b c d e f g h i cancelled"),
        ("Consent", ""),
        ("Note", "yes no"),
        ("État civil", "marié célibataire"),
    ],
)
def test_what_leaves_nobody_out_or_is_something_else_is_not_told(name, cells):
    assert conditions(f"n;{name}", *(f"1;{cell}" for cell in cells.split(" "))) == []


def test_an_empty_cell_is_no_consent():
    assert conditions("n;Opt-in", "1;yes", "1;") == ["opt_in == 'yes'"]


@pytest.mark.parametrize(
    "other", ["Accepts Email Marketing", "EMAIL_BLACKLISTED", "E-mail opt-in", "Newsletter"]
)
def test_consent_to_other_ways_of_writing_is_left_aside_where_one_is_named_for_text_messages(other):
    rows = ("yes;yes", "no;yes", "yes;no")
    assert conditions(f"{other};SMS opt-in", *rows) == ["sms_opt_in == 'yes'"]
    assert conditions(f"{other};SMS opt-in", "no;yes", "yes;yes") == []  # everybody agreed to text messages
    assert len(conditions(f"{other};Mobile", *rows)) == 1  # better than nothing
    assert len(conditions(f"{other};SMS status", *rows)) == 1  # a status is no consent


def test_consent_to_text_messages_and_another_way_at_once_counts():
    rows = ("yes;yes", "no;yes", "yes;no")
    assert len(conditions("SMS and e-mail opt-in;SMS opt-in", *rows)) == 2


def test_names_alone_say_whether_rows_have_to_be_looked_at():
    assert named_for_consent(["Name", "Opt In SMS"])
    assert not named_for_consent(["Name", "Mobile", "Option", "Station", "Ville"])
