"""Exports as shops, CRMs and practices give them, with the encoding, the column names and the damage that is usual with each.

People and addresses are made up. The mobile numbers are of blocks that belong to nobody (`sample_data/make_samples.py`), the
landlines are `phonenumbers`' own examples or of the French range for fiction (01 99 00).
`python -m tests.field.exports FOLDER` writes all of them.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path

import openpyxl

Cells = Sequence[object]


def _csv(rows: Sequence[Cells], delimiter: str = ",", end: str = "\n", *, quoted: bool = False) -> str:
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


def shopify() -> bytes:
    """Customers. Numbers with a country code stand behind an apostrophe, and so do postcodes; notes have several lines."""
    header = [
        "Customer ID",
        "First Name",
        "Last Name",
        "Email",
        "Accepts Email Marketing",
        "Default Address Company",
        "Default Address Address1",
        "Default Address City",
        "Default Address Country Code",
        "Default Address Zip",
        "Default Address Phone",
        "Phone",
        "Accepts SMS Marketing",
        "Total Spent",
        "Total Orders",
        "Note",
        "Tax Exempt",
        "Tags",
    ]

    def one(
        n: int, name: str, email: str, default: str, phone: str, sms: str, country: str = "FR", note: str = ""
    ) -> Cells:
        street, city, code = (
            ("2 Domstr.", "Köln", "50667") if country == "DE" else ("3, rue du Puits", "Lyon", "69001")
        )
        address = ["", street, city, country, f"'{code}", default, phone]
        return [
            *(f"'69400000000{n:02}", name, "Exemple", f"c{n}@example.com", email),
            *(*address, sms, "45.90", 1, note, "no", "vip, newsletter"),
        ]

    rows = [
        header,
        one(2, "Chloé", "yes", "07 99 00 00 01", "'+33799000001", "yes"),
        one(3, "Inès", "yes", "", "'+33799000002", "no"),
        one(4, "Benoît", "no", "07 99 00 00 03", "", "yes", note='Sonner "fort"\nou laisser, 2e étage'),
        one(5, "Hugo", "no", "01 99 00 00 04", "", "yes"),
        one(6, "Léa", "yes", "+33 7 99 00 00 05", "", "yes"),
        one(7, "Anke", "no", "0171 3920001", "", "yes", country="DE"),
        one(8, "Théo", "no", "", "", "yes"),
        one(9, "Chloé", "no", "'+33799000001", "", "yes"),
    ]
    return _csv(rows).encode()


def woocommerce() -> bytes:
    """Orders, one row for each article: a byte order mark, and names of articles with HTML entities."""
    header = [
        "Order Number",
        "Order Status",
        "Order Date",
        "Customer Note",
        "First Name (Billing)",
        "Last Name (Billing)",
        "Address 1&2 (Billing)",
        "City (Billing)",
        "Postcode (Billing)",
        "Country Code (Billing)",
        "Email (Billing)",
        "Phone (Billing)",
        "Payment Method Title",
        "Order Total Amount",
        "SKU",
        "Item #",
        "Item Name",
        "Quantity",
        "Item Cost",
    ]

    def one(n: int, status: str, name: str, phone: str, item: str, at: int = 1) -> Cells:
        return [
            *(n, status, "2026-03-01 10:12", "", name, "Exemple", "3, rue du Puits", "Lyon", "69001", "FR"),
            *(f"{name}@example.com", phone, "Carte bancaire", "45.90", f"S-{at}", at, item, 1, "22.95"),
        ]

    rows = [
        header,
        one(1201, "Processing", "Chloé", "0799000001", "Th&eacute; &amp; caf&eacute;"),
        one(1201, "Processing", "Chloé", "0799000001", "Tasse", 2),
        one(1202, "Completed", "Loïc", "+33 (0)7 99 00 00 02", "Thé d’été"),
        one(1203, "Cancelled", "Manon", "07.99.00.00.03", "Tasse"),
        one(1204, "Refunded", "Agnès", "07-99-00-00-04", "Tasse"),
        one(1205, "On hold", "Côme", "799000005", "Tasse"),
        one(1206, "Processing", "Gaël", "07 99 00 00", "Tasse"),
    ]
    return ("\ufeff" + _csv(rows)).encode()


def prestashop() -> bytes:
    """Orders in windows-1252: semicolons, decimal commas, a half-empty last column, a thousand with its hard space."""
    rows = [
        [
            "N° commande",
            "Référence",
            "Client",
            "Téléphone mobile",
            "Téléphone",
            "Total payé (€)",
            "Paiement",
            "État",
            "Date",
            "Message",
        ],
        *(
            [n, f"XK{n}", client, mobile, phone, total, "Carte bancaire", state, "01/03/2026", note]
            for n, client, mobile, phone, total, state, note in (
                (501, "C. Lefèvre", "07 99 00 00 01", "01 99 00 00 01", "45,90", "Livré", ""),
                (502, "É. Besançon", "", "07 99 00 00 02", "12,00", "Paiement accepté", "Merci ; à bientôt"),
                (503, "J. Côté", "07 99 00 00 03", "", "1\xa0234,50", "Annulé", ""),
                (504, "A. Périer", "01 99 00 00 04", "", "7,20", "Paiement accepté", ""),
                (505, "L. Œuvrard", "07 99 00 00 05 / 07 99 00 00 06", "", "9,90", "Livré", "2e étage"),
            )
        ),
    ]
    return _csv(rows, ";", "\r\n").encode("cp1252")


def hubspot() -> bytes:
    """Contacts, every cell in quotes: an extension in a number, lost plus signs, a contact of a company only."""
    rows = [
        [
            *("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Mobile Phone Number"),
            *("Contact owner", "Lead Status", "Marketing contact status", "Country/Region", "Create Date"),
            *("Unsubscribed from all email", "Associated Company"),
        ],
        *(
            [
                *(
                    n,
                    name,
                    "Example",
                    f"h{n}@example.com",
                    phone,
                    mobile,
                    "Sales Team",
                    lead,
                    "Marketing contact",
                ),
                *(country, "2026-03-01 10:12", "false", "Example Ltd"),
            ]
            for n, name, phone, mobile, lead, country in (
                (101, "Zoë", "+33 1 99 00 00 01", "+33 7 99 00 00 01", "New", "France"),
                (102, "Oliver", "+44 7299 000002", "", "Open", "United Kingdom"),
                (103, "Isla", "33799000003", "", "New", "France"),
                (104, "", "0171 3920004", "", "", "Germany"),
                (105, "Ava", "+33 1 99 00 00 05 ext. 12", "", "New", "France"),
                (106, "Noah", "", "+33799000006", "New", ""),
            )
        ),
    ]
    return _csv(rows, quoted=True).encode()


def mailchimp() -> bytes:
    """An audience: tags in doubled quotes, addresses with two spaces, a column of its own for text messages."""
    rows = [
        [
            *(
                "Email Address",
                "First Name",
                "Last Name",
                "Address",
                "Phone Number",
                "Birthday",
                "SMS Phone Number",
            ),
            *(
                "MEMBER_RATING",
                "OPTIN_TIME",
                "OPTIN_IP",
                "CC",
                "REGION",
                "LAST_CHANGED",
                "LEID",
                "NOTES",
                "TAGS",
            ),
        ],
        *(
            [
                *(
                    f"m{n}@example.com",
                    name,
                    "Exemple",
                    "3 rue du Puits  Lyon  69001  FR",
                    phone,
                    birthday,
                    sms,
                    n % 5,
                ),
                *("2025-11-02 08:00:00", "192.0.2.7", "fr", "69", "2026-03-01 10:12:00", 800 + n, "", tags),
            ]
            for n, name, phone, birthday, sms, tags in (
                (1, "Agnès", "01 99 00 00 01", "03/06", "+33799000001", '"vip","lyon"'),
                (2, "Gaël", "+33 7 99 00 00 02", "", "", '"lyon"'),
                (3, "", "", "12/24", "+33799000003", ""),
                (4, "Jade", "", "", "", '"vip"'),
                (5, "Louis", "07 99 00 00 05", "", "", ""),
            )
        ),
    ]
    return _csv(rows).encode()


def practice() -> bytes:
    """Appointments of a practice: two children on their mother's telephone, one appointment written down twice."""
    rows = [
        [
            "Date",
            "Heure",
            "Durée",
            "Statut",
            "Motif",
            "Praticien",
            "Nom",
            "Prénom",
            "Date de naissance",
            "Téléphone portable",
            "Téléphone fixe",
        ],
        *(
            [
                day,
                hour,
                "20 min",
                status,
                "Contrôle",
                "Dr Exemple",
                "Exemple",
                name,
                "02/05/2015",
                mobile,
                fixed,
            ]
            for day, hour, status, name, mobile, fixed in (
                ("06/03/2027", "09:00", "Confirmé", "Léo", "07 99 00 00 01", "01 99 00 00 01"),
                ("06/03/2027", "09:20", "Confirmé", "Zoé", "07 99 00 00 01", "01 99 00 00 01"),
                ("06/03/2027", "09:40", "Annulé", "Maël", "07 99 00 00 02", ""),
                ("06/03/2027", "10:00", "Confirmé", "Noémie", "", "01 99 00 00 03"),
                ("06/03/2027", "10:20", "Confirmé", "Anaïs", "07 99 00 00 04", ""),
                ("06/03/2027", "10:20", "Confirmé", "Anaïs", "+33 7 99 00 00 04", ""),
                ("06/03/2027", "", "Confirmé", "Côme", "07 99 00 00 05", ""),
            )
        ),
    ]
    return ("\ufeff" + _csv(rows, ";", "\r\n")).encode()


def google() -> bytes:
    """Contacts: several numbers in a cell between ` ::: `, labels with an asterisk, and many empty columns."""
    rows = [
        [
            *(
                "First Name",
                "Middle Name",
                "Last Name",
                "Phonetic First Name",
                "Nickname",
                "File As",
                "Birthday",
                "Notes",
            ),
            *(
                "Photo",
                "Labels",
                "E-mail 1 - Label",
                "E-mail 1 - Value",
                "Phone 1 - Label",
                "Phone 1 - Value",
            ),
            *("Phone 2 - Label", "Phone 2 - Value", "Address 1 - Country", "Website 1 - Value"),
        ],
        *(
            [
                *(
                    name,
                    "",
                    "Exemple",
                    "",
                    "",
                    "",
                    "",
                    note,
                    "",
                    "* myContacts ::: Clients",
                    "* ",
                    "g@example.com",
                ),
                *(label, first, "Mobile" if second else "", second, "", ""),
            ]
            for name, note, label, first, second in (
                ("Amélie", "", "Mobile", "07 99 00 00 01", ""),
                ("Bruno", "appeler\nle soir", "Home", "01 99 00 00 02", "+33 7 99 00 00 02"),
                ("Coralie", "", "Mobile", "07 99 00 00 03 ::: 07 99 00 00 04", ""),
                ("Denis", "", "Work", "01 99 00 00 05", ""),
                ("École", "", "", "", ""),
                ("Farid", "", "Mobile", "\u202a+33 7 99 00 00 06\u202c", ""),
            )
        ),
    ]
    return _csv(rows).encode()


def outlook() -> bytes:
    """Contacts in windows-1252: every cell in quotes, addresses of several lines, eight columns that may hold numbers."""
    rows = [
        [
            *(
                "Title",
                "First Name",
                "Middle Name",
                "Last Name",
                "Suffix",
                "Company",
                "Business Street",
                "Business City",
            ),
            *(
                "Business Postal Code",
                "Business Country/Region",
                "Business Fax",
                "Business Phone",
                "Business Phone 2",
            ),
            *("Home Phone", "Mobile Phone", "Other Phone", "Pager", "Primary Phone", "Categories", "Notes"),
        ],
        *(
            [
                *(
                    "M.",
                    name,
                    "",
                    "Exemple",
                    "",
                    "Exemple & Cie",
                    "3, rue du Puits\r\nBâtiment B",
                    "Besançon",
                    "25000",
                ),
                *(
                    "France",
                    "01 99 00 00 99",
                    work,
                    "",
                    home,
                    mobile,
                    "",
                    "",
                    "",
                    "Clients",
                    "Créé le 01/03/2026\r\n",
                ),
            ]
            for name, work, home, mobile in (
                ("Hélène", "+33 (1) 99 00 00 01", "", "+33 (7) 99 00 00 01"),
                ("Jérémie", "", "", "+33 (0)7 99 00 00 02"),
                ("Raphaël", "", "07 99 00 00 03", ""),
                ("Maëlle", "01 99 00 00 04", "", ""),
                ("Loïc", "", "", "00 33 7 99 00 00 05"),
            )
        ),
    ]
    return _csv(rows, end="\r\n", quoted=True).encode("cp1252")


def salesforce() -> bytes:
    """A report in ISO-8859-1: every cell in quotes, and a footer of lone cells that are no people."""
    rows: list[Cells] = [
        [
            "Salutation",
            "First Name",
            "Last Name",
            "Mobile",
            "Phone",
            "SMS Opt In",
            "Account Name",
            "Last Activity",
        ],
        *(
            ["Mme", name, "Exemple", mobile, phone, consent, "Exemple SARL", "01/03/2026"]
            for name, mobile, phone, consent in (
                ("Thérèse", "+33 7 99 00 00 01", "", "1"),
                ("Anaïs", "0799000002", "01 99 00 00 02", "0"),
                ("Zélie", "", "07 99 00 00 03", "1"),
                ("Noël", "", "01 99 00 00 04", "1"),
                ("Irène", "07 99 00 00 05", "", "1"),
            )
        ),
    ]
    footer = [
        "Contacts à relancer",
        "Copyright (c) 2000-2026 salesforce.com, inc. Tous droits réservés.",
        "Information confidentielle - Ne pas diffuser",
        "Généré par : Camille Exemple 01/03/2026 10:12",
        "Exemple SARL",
    ]
    end = "".join(f'"{line}"\r\n' for line in footer)
    return (_csv(rows, end="\r\n", quoted=True) + "\r\n\r\n" + end).encode("latin-1")


def association() -> bytes:
    """The members of a French association: a title above, numbers as numbers, a sum below, and a second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Adhérents"
    sheet.append(["Association des Amis du Fleuve — adhérents 2026"])
    sheet.append([])
    sheet.append(
        [
            "N°",
            "Nom",
            "Prénom",
            "Portable",
            "Code postal",
            "Cotisation",
            "Remise",
            "Adhésion",
            "Heure AG",
            "À jour",
        ]
    )
    day, hour = datetime(2026, 3, 6), time(18, 30)  # noqa: DTZ001 - cells know no zone
    for n, (name, mobile, code, fee, share, paid) in enumerate(
        (
            ("Chloé", 799000001.0, 1000, 25, 0.1, "Oui"),
            ("Gaëlle", "07 99 00 00 02", 69001, 1234.5, 0.125, "Oui"),
            ("Loïc", 33799000003.0, 75001, 25, 0, "Non"),
            ("Inès", 199000004.0, 6000, 25, 0, "Oui"),
            ("Côme", 7.99e8, 6000, 12.5, 0, "Oui"),
            ("Jade", None, 6000, 12.5, 0, "Oui"),
        ),
        1,
    ):
        sheet.append(
            [n, "Exemple", name, mobile, code, fee, share, day if n > 1 else date(2026, 12, 31), hour, paid]
        )
        row = sheet.max_row
        for column, code_of_format in zip(
            "DEFGHI",
            ('0#" "##" "##" "##" "##', "00000", '#,##0.00\\ "€"', "0.0%", "dd/mm/yyyy", 'h"h"mm'),
            strict=True,
        ):
            sheet[f"{column}{row}"].number_format = code_of_format
    sheet.append(["Total", None, None, None, None, "=SUM(F4:F9)"])
    book.create_sheet("Notice").append(["Rempli par le bureau"])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def club() -> bytes:
    """The members of a Polish club in LibreOffice: values with the texts that are shown; a million empty rows."""

    def cell(shown: str, kind: str = "string", value: str = "") -> str:
        attribute = {
            "float": "value",
            "currency": "value",
            "percentage": "value",
            "date": "date-value",
            "time": "time-value",
        }
        stored = f' office:{attribute[kind]}="{value}"' if value else ""
        return f'<table:table-cell office:value-type="{kind}"{stored}><text:p>{shown}</text:p></table:table-cell>'

    empty = "<table:table-cell/>"
    rows = [
        [
            cell(name)
            for name in (
                "Imię",
                "Nazwisko",
                "Nr telefonu",
                "Składka",
                "Zniżka",
                "Termin",
                "Godzina",
                "Zgoda SMS",
            )
        ],
        *(
            [
                *(
                    cell(name),
                    cell("Przykład"),
                    number,
                    cell(fee, "currency", value),
                    cell(share, "percentage", "0.2"),
                ),
                *(
                    cell("6 mar 2027", "date", "2027-03-06"),
                    cell("18:30", "time", "PT18H30M00S"),
                    cell(consent),
                ),
            ]
            for name, number, fee, value, share, consent in (
                ("Łukasz", cell("453 900 001", "float", "453900001"), "120,00 zł", "120", "20%", "tak"),
                ("Żaneta", cell("+48 453 900 002"), "1 234,50 zł", "1234.5", "20%", "tak"),
                ("Michał", cell("48453900003", "float", "48453900003"), "120,00 zł", "120", "20%", "nie"),
                ("Róża", cell("12 345 67 89", "float", "123456789"), "120,00 zł", "120", "20%", "tak"),
                ("Świętosława", empty, "120,00 zł", "120", "20%", "tak"),
                ("Bogna", cell("4,539E+08", "float", "453900006"), "120,00 zł", "120", "20%", "tak"),
            )
        ),
    ]
    body = "".join(
        f'<table:table-row>{"".join(cells)}<table:table-cell table:number-columns-repeated="16376"/></table:table-row>'
        for cells in rows
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES} office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="Członkowie">{body}'
        '<table:table-row table:number-rows-repeated="1048569"><table:table-cell table:number-columns-repeated="16384"/>'
        "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return made.getvalue()


def brevo() -> bytes:
    """Contacts: numbers without their plus, one that a spreadsheet rounded, consent to each way of writing."""
    rows = [
        [
            "CONTACT ID",
            "EMAIL",
            "PRENOM",
            "NOM",
            "SMS",
            "WHATSAPP",
            "DOUBLE_OPT-IN",
            "EMAIL_BLACKLISTED",
            "SMS_BLACKLISTED",
            "ADDED_TIME",
        ],
        *(
            [
                n,
                f"b{n}@example.com",
                name,
                "Exemple",
                sms,
                whatsapp,
                "Yes",
                email,
                blocked,
                "01-03-2026 10:12:00",
            ]
            for n, name, sms, whatsapp, email, blocked in (
                (1, "Élodie", "33799000001", "33799000001", "No", "No"),
                (2, "Yann", "33799000002", "", "Yes", "No"),
                (3, "Maëva", "33799000003", "", "No", "Yes"),
                (4, "Rémi", "3,3799E+10", "", "No", "No"),
                (5, "Lou", "", "", "No", "No"),
                (6, "Anouk", "596697500001", "", "No", "No"),
            )
        ),
    ]
    return ("\ufeff" + _csv(rows, ";")).encode()


def eshop() -> bytes:
    """Orders of a Polish shop in windows-1250: semicolons, decimal commas, numbers in every spelling that customers have."""
    rows = [
        [
            "Nr zamówienia",
            "Data",
            "Status",
            "Imię i nazwisko",
            "Telefon",
            "E-mail",
            "Kraj",
            "Wartość",
            "Zgoda na SMS",
            "Uwagi",
        ],
        *(
            [n, "2027-03-01 10:12", status, name, phone, "k@example.com", "Polska", total, consent, note]
            for n, status, name, phone, total, consent, note in (
                (7001, "Wysłane", "Łucja Żak", "+48 453 900 001", "1 299,00", "TAK", ""),
                (7002, "Wysłane", "Święty Śliwa", "453-900-002", "45,90", "NIE", ""),
                (7003, "Anulowane", "Jan Wójcik", "453900003", "12,00", "TAK", "zadzwonić"),
                (7004, "Wysłane", "Ewa Źdźbło", "0048453900004", "7,20", "TAK", ""),
                (7005, "Wysłane", "Ola Ćma", "0 453 900 005", "9,90", "TAK", ""),
                (7006, "Wysłane", "Ola Ćma", "453 900 00", "9,90", "TAK", "piętro 2; dzwonek"),
            )
        ),
    ]
    return _csv(rows, ";", "\r\n").encode("cp1250")


#: Each by the name of its file.
EXPORTS: dict[str, Callable[[], bytes]] = {
    "customers_export.csv": shopify,
    "orders-2027-03-01.csv": woocommerce,
    "commandes.csv": prestashop,
    "hubspot-crm-exports-all-contacts.csv": hubspot,
    "subscribed_members_export.csv": mailchimp,
    "rendez-vous.csv": practice,
    "contacts.csv": google,
    "Contacts Outlook.csv": outlook,
    "report1710000000.csv": salesforce,
    "Adhérents 2026.xlsx": association,
    "członkowie.ods": club,
    "brevo_contacts.csv": brevo,
    "zamowienia.csv": eshop,
}


if __name__ == "__main__":
    for name, made in EXPORTS.items():
        (Path(sys.argv[1]) / name).write_bytes(made())
