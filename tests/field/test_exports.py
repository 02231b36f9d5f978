"""Exports of shops, CRMs and practices, from `init` to the results: what is right of each was worked out from the file."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field

import openpyxl
import pytest

from .exports import EXPORTS

SENT, MISSING, LANDLINE, LEFT_OUT = "sent", "number-missing", "number-landline", "not-selected"


@dataclass(frozen=True)
class Right:
    """What is right of one export.

    `sets` is what the proposal sets, `offers` what stands in its comments, and of these `takes` is what the user uncomments.
    `rows` has for each row of the file its number and text, or the reason why it gets nothing; `parts` the parts of the
    messages that take more than one, and `ucs2` the rows whose text is no GSM-7.
    """

    message: str
    sets: dict[str, object]
    offers: dict[str, object]
    rows: dict[int, tuple[str, str] | str]
    takes: tuple[str, ...] = ()
    parts: dict[int, int] = field(default_factory=dict)
    ucs2: frozenset[int] = frozenset()
    asks: tuple[str, ...] = ()
    also: str = ""
    remarks: tuple[str, ...] = ()


COMMA, SEMICOLON = {"encoding": "UTF-8", "delimiter": ","}, {"encoding": "UTF-8", "delimiter": ";"}

RIGHT = {
    "customers_export.csv": Right(
        "Bonjour {{ first_name }}, -20% ce week-end.",
        # Two numbers have their country code behind an apostrophe, and both are French.
        {"region": "FR", "number": "Phone", "country": "Default Address Country Code"},
        {
            **COMMA,
            "where": "accepts_sms_marketing == 'yes'",  # consent to e-mails is none to text messages
            "number": ["Phone", "Default Address Phone"],
        },
        {
            2: ("+33799000001", "Bonjour Chloé, -20% ce week-end."),
            3: LEFT_OUT,
            4: ("+33799000003", "Bonjour Benoît, -20% ce week-end."),
            5: LANDLINE,  # behind the two lines of a note
            6: ("+33799000005", "Bonjour Léa, -20% ce week-end."),
            7: ("+491713920001", "Bonjour Anke, -20% ce week-end."),
            8: MISSING,
            9: "duplicate",
        },
        takes=("where", "number"),
        ucs2=frozenset({4}),
    ),
    "orders-2027-03-01.csv": Right(
        "Bonjour {{ first_name_billing }}, votre commande {{ order_number }} est en route.",
        {"region": "FR", "number": "Phone (Billing)"},
        {
            **COMMA,
            "where": "order_status not in ['Cancelled', 'Refunded']",
            "country": "Country Code (Billing)",
        },
        {
            2: ("+33799000001", "Bonjour Chloé, votre commande 1201 est en route."),
            3: "duplicate",  # the second article of the same order
            4: ("+33799000002", "Bonjour Loïc, votre commande 1202 est en route."),
            5: LEFT_OUT,
            6: LEFT_OUT,
            7: ("+33799000005", "Bonjour Côme, votre commande 1205 est en route."),
            8: "number-too-short",
        },
        takes=("where",),
        ucs2=frozenset({4, 7}),
    ),
    "commandes.csv": Right(
        "Commande {{ n_commande }} : {{ total_payé }} €, {{ état | lower }}.",
        {"number": ["Téléphone mobile", "Téléphone"]},
        {
            "encoding": "windows-1252",
            "delimiter": ";",
            "region": "FR",  # 07 99 00 and four digits may be Swiss as well
            "where": "état != 'Annulé'",
        },
        {
            2: ("+33799000001", "Commande 501 : 45,90 €, livré."),
            3: ("+33799000002", "Commande 502 : 12,00 €, paiement accepté."),
            4: LEFT_OUT,
            5: LANDLINE,
            6: "number-several",
        },
        takes=("where", "region"),
        remarks=("read as windows-1252, a guess",),
    ),
    "hubspot-crm-exports-all-contacts.csv": Right(
        "Hello {{ first_name }}, see you on Friday.",
        {
            "region": "FR",
            "number": ["Mobile Phone Number", "Phone Number"],
            "country": "Country/Region",  # it names the United Kingdom and Germany too
        },
        COMMA,
        {
            2: ("+33799000001", "Hello Zoë, see you on Friday."),
            3: ("+447299000002", "Hello Oliver, see you on Friday."),
            4: ("+33799000003", "Hello Isla, see you on Friday."),
            5: "value-missing",
            6: "number-letters",
            7: ("+33799000006", "Hello Noah, see you on Friday."),
        },
        ucs2=frozenset({2}),
    ),
    "subscribed_members_export.csv": Right(
        "Bonjour {{ first_name | default('à vous') }} !",
        # Whoever gave a number for text messages is written to there.
        {"region": "FR", "number": ["SMS Phone Number", "Phone Number"]},
        COMMA,
        {
            2: ("+33799000001", "Bonjour Agnès !"),
            3: ("+33799000002", "Bonjour Gaël !"),
            4: ("+33799000003", "Bonjour à vous !"),
            5: MISSING,
            6: ("+33799000005", "Bonjour Louis !"),
        },
        ucs2=frozenset({3}),
    ),
    "rendez-vous.csv": Right(
        "RDV de {{ prénom }} le {{ date }} à {{ heure }}.",
        {"number": "Téléphone portable"},
        {**SEMICOLON, "region": "FR", "where": "statut != 'Annulé'"},
        {
            2: ("+33799000001", "RDV de Léo le 06/03/2027 à 09:00."),
            3: (
                "+33799000001",
                "RDV de Zoé le 06/03/2027 à 09:20.",
            ),  # another appointment, on the same telephone
            4: LEFT_OUT,
            5: MISSING,
            6: ("+33799000004", "RDV de Anaïs le 06/03/2027 à 10:20."),
            7: "duplicate",  # the same number in another spelling, the same day and hour
            8: "key-missing",
        },
        takes=("where", "region"),
        ucs2=frozenset({6}),
        also='once_per = ["Téléphone portable", "Date", "Heure"]',
    ),
    "contacts.csv": Right(
        "Bonjour {{ first_name }}",
        {
            # Landlines of Paris, and two numbers with +33, one of them between invisible signs.
            "region": "FR",
            "number": ["Phone 1 - Value", "Phone 2 - Value"],
        },
        COMMA,
        {
            2: ("+33799000001", "Bonjour Amélie"),
            3: ("+33799000002", "Bonjour Bruno"),
            4: "number-several",
            5: LANDLINE,
            6: MISSING,
            7: ("+33799000006", "Bonjour Farid"),
        },
    ),
    "Contacts Outlook.csv": Right(
        # 64 characters and the name: of six letters 70, which is one part in UCS-2; one of seven is 71, and two parts.
        "{{ first_name }}, rendez-vous vendredi à Besançon, au 3, rue du Puits. À bientôt",
        {"region": "FR", "number": "Mobile Phone"},
        {"encoding": "windows-1252", "delimiter": ",", "country": "Business Country/Region"},
        {
            2: ("+33799000001", "Hélène, rendez-vous vendredi à Besançon, au 3, rue du Puits. À bientôt"),
            3: ("+33799000002", "Jérémie, rendez-vous vendredi à Besançon, au 3, rue du Puits. À bientôt"),
            4: MISSING,  # his mobile number stands under Home Phone, which nobody asked for
            5: MISSING,
            6: ("+33799000005", "Loïc, rendez-vous vendredi à Besançon, au 3, rue du Puits. À bientôt"),
        },
        parts={3: 2},
        ucs2=frozenset({2, 3, 6}),
        remarks=("read as windows-1252, a guess",),
    ),
    "report1710000000.csv": Right(
        "Bonjour {{ first_name }}",
        {"region": "FR", "number": ["Mobile", "Phone"]},
        # ISO-8859-1 has the same letters at the same places.
        {"encoding": "windows-1252", "delimiter": ",", "where": "sms_opt_in == '1'"},
        {
            2: ("+33799000001", "Bonjour Thérèse"),
            3: LEFT_OUT,
            4: ("+33799000003", "Bonjour Zélie"),
            5: LANDLINE,
            6: ("+33799000005", "Bonjour Irène"),
            **dict.fromkeys(range(9, 14), "ragged-row"),  # the footer, behind two blank lines
        },
        takes=("where",),
    ),
    "Adhérents 2026.xlsx": Right(
        "{{ prénom }} ({{ code_postal }}) : {{ cotisation }}, remise {{ remise }}, AG le {{ adhésion }} à {{ heure_ag }}.",
        {"sheet": "Adhérents", "number": "Portable"},
        {"header_row": 3, "region": "FR"},
        {
            4: ("+33799000001", "Chloé (01000) : 25,00 €, remise 10,0%, AG le 31/12/2026 à 18h30."),
            5: ("+33799000002", "Gaëlle (69001) : 1 234,50 €, remise 12,5%, AG le 06/03/2026 à 18h30."),
            6: ("+33799000003", "Loïc (75001) : 25,00 €, remise 0,0%, AG le 06/03/2026 à 18h30."),
            7: LANDLINE,
            8: ("+33799000000", "Côme (06000) : 12,50 €, remise 0,0%, AG le 06/03/2026 à 18h30."),
            9: MISSING,
            10: MISSING,  # the sum below
        },
        takes=("region",),
        # Gaëlle's text has 69 characters.
        ucs2=frozenset({5, 6, 8}),
        asks=("--sheet", "Adhérents"),
        remarks=("row 1 stands above the column names, which are in row 3",),
    ),
    "członkowie.ods": Right(
        "{{ imię }}, składka {{ składka }} ze zniżką {{ zniżka }}. Trening {{ termin }} o {{ godzina }}, wejście od ulicy.",
        {"region": "PL", "number": "Nr telefonu"},
        {"where": "zgoda_sms == 'tak'"},
        {
            2: (
                "+48453900001",
                "Łukasz, składka 120,00 zł ze zniżką 20%. Trening 6 mar 2027 o 18:30, wejście od ulicy.",
            ),
            3: (
                "+48453900002",
                "Żaneta, składka 1 234,50 zł ze zniżką 20%. Trening 6 mar 2027 o 18:30, wejście od ulicy.",
            ),
            4: LEFT_OUT,
            5: LANDLINE,
            6: MISSING,
            7: (
                "+48453900006",  # the cell shows 4,539E+08 and holds every digit
                "Bogna, składka 120,00 zł ze zniżką 20%. Trening 6 mar 2027 o 18:30, wejście od ulicy.",
            ),
        },
        takes=("where",),
        parts={2: 2, 3: 2, 7: 2},
        ucs2=frozenset({2, 3, 7}),
    ),
    "brevo_contacts.csv": Right(
        "Bonjour {{ prenom }}",
        {"region": "FR", "number": "SMS"},
        {**SEMICOLON, "where": "sms_blacklisted != 'Yes'", "number": "WHATSAPP"},
        {
            2: ("+33799000001", "Bonjour Élodie"),
            3: ("+33799000002", "Bonjour Yann"),
            4: LEFT_OUT,
            5: "number-spreadsheet",
            6: MISSING,
            7: "number-too-long",  # of Martinique, which the settings do not name
        },
        takes=("where",),
    ),
    "zamowienia.csv": Right(
        "{{ imię_i_nazwisko }}: zamówienie {{ nr_zamówienia }} na kwotę {{ wartość }} zł.",
        {"region": "PL", "number": "Telefon"},
        {
            "encoding": "windows-1250",
            "delimiter": ";",
            "country": "Kraj",
            "where": "status != 'Anulowane' and zgoda_na_sms == 'TAK'",
        },
        {
            2: ("+48453900001", "Łucja Żak: zamówienie 7001 na kwotę 1 299,00 zł."),
            3: LEFT_OUT,
            4: LEFT_OUT,
            5: ("+48453900004", "Ewa Źdźbło: zamówienie 7004 na kwotę 7,20 zł."),
            6: "number-invalid",
            7: "number-invalid",
        },
        takes=("where",),
        ucs2=frozenset({2, 5}),
        remarks=("read as windows-1250, a guess",),
    ),
}


@pytest.fixture(params=EXPORTS, ids=lambda name: EXPORTS[name].__name__)
def export(request, folder) -> str:
    (folder / request.param).write_bytes(EXPORTS[request.param]())
    return request.param


def proposed(folder, told, export: str) -> str:
    code, _, err = told("init", export, *RIGHT[export].asks)
    assert code == 0, err
    (written,) = folder.glob("*.toml")
    return written.read_text("utf-8")


def filled_in(folder, told, export: str) -> None:
    """The settings as a user leaves them: what is right uncommented, the message written."""
    right, text = RIGHT[export], proposed(folder, told, export)
    for key in right.takes:
        text = re.sub(f"(?m)^{key} = .*\n", "", text)
        text = re.sub(f"(?m)^# ({key} = .*)", r"\1", text, count=1)
    changes = {
        'message = ""': f"message = {json.dumps(right.message)}",
        'purpose = "marketing"': 'purpose = "transactional"',
        '# sender = "MyShop"': f'sender = "Sandbox"\n{right.also}',
    }
    for before, after in changes.items():
        assert text.count(before) == 1
        text = text.replace(before, after)
    (written,) = folder.glob("*.toml")
    written.write_text(text, "utf-8")


def test_init_proposes_what_is_right(folder, told, export):
    text, right = proposed(folder, told, export), RIGHT[export]
    settings = tomllib.loads(text)
    found = {**settings, **settings["file"], **settings["columns"]}
    keys = ("region", "encoding", "delimiter", "sheet", "header_row", "number", "country", "where")
    assert {key: found[key] for key in keys if key in found} == right.sets
    offered = "".join(re.findall(rf"(?m)^# ((?:{'|'.join(keys)}) = .*\n)", text.partition("[text]")[0]))
    offers = tomllib.loads(offered)
    # What is proposed where nothing was found: an example.
    offers = {key: value for key, value in offers.items() if value not in ("", "opt_in == 'yes'")}
    assert offers == right.offers


def test_every_row_is_what_it_should_be(folder, told, export):
    filled_in(folder, told, export)
    right = RIGHT[export]
    code, out, err = told("run", export, "--dry-run", "--json")
    assert code == 0, err
    found = json.loads(out)
    sent = {row: what for row, what in right.rows.items() if isinstance(what, tuple)}
    unsent = {row: what for row, what in right.rows.items() if isinstance(what, str)}
    assert {one["row"]: (one["number"], one["text"]) for one in found["first_messages"]} == sent
    assert {one["row"]: one["parts"] for one in found["first_messages"]} == {
        row: right.parts.get(row, 1) for row in sent
    }
    assert {one["row"] for one in found["first_messages"] if one["encoding"] == "UCS-2"} == right.ucs2
    assert (found["rows"], found["to_send"]) == (len(right.rows), len(sent))
    assert found["not_sent"] == Counter(unsent.values())
    rejected = {row: what for row, what in unsent.items() if what not in {"duplicate", LEFT_OUT}}
    assert {one["row"]: one["reason"] for one in found["rejected_rows"]} == rejected
    assert found["rejected"] == len(rejected)
    for said in right.remarks:
        assert any(one.startswith(said) for one in found["remarks"]), found["remarks"]
    # What the user took from the proposal is asked for, and nothing is left to be noticed.
    assert not [one for one in found["remarks"] if "look" in one]


def test_it_is_sent_once_and_the_results_have_every_row(folder, told, export):
    filled_in(folder, told, export)
    right = RIGHT[export]
    code, _, err = told("run", export, "--sandbox", "--yes")
    assert code == 0, err
    (results,) = (one for one in folder.iterdir() if one.name.endswith("results.csv"))
    written = results.read_text("utf-8-sig")
    delimiter = ";" if written.partition("sms_row")[0].endswith(";") else ","
    rows = list(csv.DictReader(io.StringIO(written), delimiter=delimiter))
    expected = {
        row: "accepted"
        if isinstance(what, tuple)
        else "suppressed"
        if what in {"duplicate", LEFT_OUT}
        else "rejected"
        for row, what in right.rows.items()
    }
    assert {int(one["sms_row"]): one["sms_status"] for one in rows} == expected
    reasons = {int(one["sms_row"]): one["sms_reason"].partition(":")[0] for one in rows if one["sms_reason"]}
    assert reasons == {row: what for row, what in right.rows.items() if isinstance(what, str)}
    texts = {int(one["sms_row"]): one["sms_text"] for one in rows if one["sms_status"] == "accepted"}
    assert texts == {row: what[1] for row, what in right.rows.items() if isinstance(what, tuple)}


def test_what_init_asks_for_it_takes(folder, told):
    """A workbook with two sheets: the remedy is an option of `init` as well, and so is how a text is read."""
    book = openpyxl.load_workbook(io.BytesIO(EXPORTS["Adhérents 2026.xlsx"]()))
    book.save(folder / "c.xlsx")
    code, _, err = told("init", "c.xlsx")
    assert code == 2
    assert "--sheet NAME" in err
    assert told("init", "c.xlsx", "--sheet", "Adhérents", "--header-row", "3")[0] == 0
    file = tomllib.loads((folder / "c.toml").read_text("utf-8"))["file"]
    assert file == {"sheet": "Adhérents", "header_row": 3}
    (folder / "d.csv").write_bytes("Nom|Mobile\nZoé|0799000001\n".encode("cp850"))
    assert told("init", "d.csv", "--encoding", "cp850", "--delimiter", "|")[0] == 0
    file = tomllib.loads((folder / "d.toml").read_text("utf-8"))["file"]
    assert file == {"encoding": "cp850", "delimiter": "|"}
    code, _, err = told("init", "d.csv", "--force", "--encoding", "latin-99")
    assert code == 2
    assert "--encoding: " in err
    code, _, err = told("init", "d.csv", "--force", "--header-row", "many")
    assert code == 2
    assert "--header-row: " in err
