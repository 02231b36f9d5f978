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
