"""Texts that are not what their authors wrote, or cost more than they need to."""

from __future__ import annotations

import unicodedata

from .conftest import FIRST, SECOND

NOTE = "Chère cliente, votre commande est prête à être retirée dès maintenant à l'hôtel, merci à bientôt"


def test_accents_in_two_signs_cost_nothing(folder, dry_run, told):
    for name, form in (("nfc.csv", "NFC"), ("nfd.csv", "NFD")):
        text = f"prénom,mobile,note\nZoé,{FIRST},{NOTE}\nÉlise,{SECOND},{NOTE}\n"
        (folder / name).write_text(unicodedata.normalize(form, text), "utf-8")
    found = [dry_run(name, "{{ prénom }}: {{ note }}")[1] for name in ("nfc.csv", "nfd.csv")]
    assert found[0]["parts"] == found[1]["parts"]
    assert found[0]["first_messages"] == found[1]["first_messages"]


def test_text_that_was_decoded_twice_is_told_and_not_sent(folder, dry_run, told):
    (folder / "c.csv").write_text(f"prenom;mobile\nJosÃ©;{FIRST}\nHÃ©lÃ¨ne;{SECOND}\n", "utf-8")
    message = "Bonjour {{ prenom }}, offre samedi. Flore"
    options = ("--purpose", "transactional", "--region", "FR", "--sender", "Flore")
    code, out, _ = told("lint", "c.csv", "--message", message, *options)
    assert code == 1
    assert "“JosÃ©” is “José”, decoded twice" in " ".join(out.split())
    code, _, said = dry_run("c.csv", message)
    assert code == 2
    assert "c.csv, row 2: letters that were damaged: “JosÃ©” is “José”, decoded twice" in said
    assert "sends it:" not in said
    assert dry_run("c.csv", message, "--ignore", "SMS016")[0] == 0


def test_marks_that_phones_copy_around_names_are_told(folder, dry_run, told):
    (folder / "c.csv").write_text(
        f'name;mobile\n"\u2068Ann\u2069";{FIRST}\n"Bob\u2028Jr";{SECOND}\n', "utf-8"
    )
    message = "Bonjour {{ name }}, c'est pret. Flore"
    code, out, _ = told(
        "lint",
        "c.csv",
        "--message",
        message,
        "--purpose",
        "transactional",
        "--region",
        "FR",
        "--sender",
        "Flore",
    )
    assert code == 1
    words = " ".join(out.split())
    assert all(sign in words for sign in ("SMS013", "U+2068", "U+2028"))
    code, _, said = dry_run("c.csv", message)
    assert code == 0
    assert "SMS013, row 2" in said
    assert "Type the place anew; --typography gsm takes them out wherever that saves a part." in said
    longer = f"{message} Merci de votre confiance, à bientôt dans notre boutique du centre"
    code, found, _ = dry_run("c.csv", longer.replace("ô", "o"), "--typography", "gsm")
    assert [one["encoding"] for one in found["first_messages"]] == ["GSM-7", "GSM-7"]


def test_a_placeholder_that_stays_is_not_sent_with_yes(folder, told):
    (folder / "c.csv").write_text(f"prénom,mobile\nAnn,{FIRST}\n", "utf-8")
    options = ("--purpose", "transactional", "--region", "FR", "--sender", "Sandbox", "--sandbox", "--yes")
    code, _, said = told("run", "c.csv", "--message", "Bonjour [Prénom]", *options)
    assert code == 2
    assert "[Prénom]" in said
    assert "--ignore SMS003" in said
    assert told("run", "c.csv", "--message", "Bonjour [Prénom]", *options, "--ignore", "SMS003")[0] == 0


def test_what_people_type_in_templates_has_its_remedy(folder, dry_run):
    (folder / "c.csv").write_text(f"First Name;Mobile;2nd\nAnn;{FIRST};x\n", "utf-8")
    code, _, said = dry_run("c.csv", "Bonjour {{ first_name | default(“client”) }}")
    assert code == 2
    assert 'quotation marks are straight ones. Write {{ first_name | default("client") }}.' in said
    code, _, said = dry_run("c.csv", '{% if first_name == "Ann" %}A{% end if %}')
    assert code == 2
    assert "Write {% endif %}." in said
    code, found, _ = dry_run("c.csv", 'Bonjour {{ first_name | default("client") }}')
    assert (code, found["first_messages"][0]["text"]) == (0, "Bonjour Ann")
