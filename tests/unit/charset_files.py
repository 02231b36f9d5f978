"""The files that the guess of a character set is measured on: names and towns of eight countries, and the marks among them.

`python -m tests.unit.charset_files` prints the table of docs/files.md: how many of them are read without one error. The tests
take a sample of the same files. None of the names is in the product's own list of words.
"""

from __future__ import annotations

import io
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from smscampaign.recipients.charsets import detected

WEST, EAST = ("cp1252", "iso8859_15", "mac_roman"), ("cp1250", "iso8859_2")
ROWS = (1, 3, 10, 100)


@dataclass(frozen=True)
class Country:
    """What the files of a country are made of, and the sets its programs write.

    `notes` have marks between ASCII words; `names` have accents, half of the cells come from `PLAIN`.
    """

    header: str
    codecs: tuple[str, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PLAIN = (
    "Anna",
    "Paul",
    "Maria",
    "Jan",
    "Thomas",
    "Peter",
    "Carlos",
    "Marta",
    "Lena",
    "Ida",
    "Berlin",
    "Roma",
    "Nice",
)

COUNTRIES = {
    "en": Country(
        "First name;Mobile;Town;Note",
        WEST,
        (
            "Siobhan O’Neil",
            "Tom D’Arcy",
            "Ryan O’Brien",
            "Bishop’s Stortford",
            "King’s Lynn",
            "St Mary’s",
            "Mary",
            "Leeds",
        ),
        (
            "£12.50",
            "spent £5",
            "£1,250",
            "“VIP”",
            "said “call me”",
            "‘later’",
            "doesn’t reply",
            "Leeds – Centre",
            "9–5",
            "Tom’s Diner",
            "• new",
            "and so on…",
            "Acme™",
            "€15",
            "20 °C",
            "Shop — Hull",
            "10% off…",
            "Budget (£)",
        ),
    ),
    "fr": Country(
        "Prénom;Mobile;Ville;Note",
        WEST,
        _words(
            "Hélène Cécile Noël Chloé Maëlle Jérôme Thérèse Besançon Nîmes Évreux Châlons Béziers Loïc François Lefèvre "
            "Anaïs Élodie Zoé Gaël Inès RENÉ ANDRÉ HÉLÈNE Benoît Gérard Léa Saint-Étienne Orléans Lœuilly Curaçay Eléonore"
        ),
        (
            "« VIP »",
            "«\u00a0VIP\u00a0»",
            "«VIP»",
            "« cliente fidèle »",
            "12,50 €",
            "15\u00a0€",
            "n° 12",
            "N°5",
            "rue de l’Eure",
            "Val d’Oise",
            "aujourd’hui",
            "qu’elle",
            "Lyon – Centre",
            "etc…",
            "07\u00a099\u00a000\u00a000\u00a001",
            "“promo”",
            "• nouveau",
            "Marque™",
            "1 000 € – 2 000 €",
        ),
    ),
    "de": Country(
        "Vorname;Handy;Stadt;Notiz",
        (*WEST, *EAST),
        _words(
            "Jürgen Müller Jörg Groß Käthe Weiß Schröder Köln Düsseldorf Nürnberg Böhm Übach Gräfe Lübeck Österle Günther "
            "Sönke Jäger Krüger MÜLLER GRÖBER Björn Würzburg Fürth Göttingen Bärbel Änne Straßburg Häußler Voß"
        ),
        (
            "„Stammkunde“",
            "»VIP«",
            "„VIP“",
            "12,50 €",
            "15 €",
            "§ 7",
            "Bonn – Mitte",
            "8–12 Uhr",
            "Hans’ Imbiss",
            "usw…",
            "20 °C",
            "‚neu‘",
            "• neu",
            "Marke™",
            "ab 5 €",
            "Lotte´s Laden",
        ),
    ),
    "es": Country(
        "Nombre;Móvil;Ciudad;Nota",
        WEST,
        _words(
            "José María Íñigo Peña Muñoz Ángel Raúl Sofía Núñez Málaga Cádiz Logroño León Zúñiga Güell García Martínez Díaz "
            "Óscar Ávila Iván Verónica GARCÍA MUÑOZ Álvaro Rocío Begoña Joaquín Mónica Lucía"
        ),
        (
            "« VIP »",
            "«VIP»",
            "“VIP”",
            "12,50 €",
            "15 €",
            "nº 12",
            "1ª planta",
            "¿Llamar hoy?",
            "¡Gracias!",
            "Madrid – Centro",
            "etc…",
            "• nuevo",
            "Marca™",
            "5º B",
            "Mª Carmen",
        ),
    ),
    "it": Country(
        "Nome;Cellulare;Città;Nota",
        WEST,
        _words(
            "Niccolò Noè Forlì Cantù Nicolò Mosè Cefalù Viggiù Salò Calò Nardò Agliè Giosuè Cirò Mondovì "
            "Cantalù Caffè Loanò NICOLÒ Santhià Almè Bellunò"
        ),
        (
            "«VIP»",
            "« VIP »",
            "“VIP”",
            "12,50 €",
            "15 €",
            "Dell’Orto",
            "l’amico",
            "dell’Arte",
            "Roma – Centro",
            "n° 5",
            "ecc…",
            "5ª strada",
            "• nuovo",
            "Marca™",
        ),
    ),
    "pl": Country(
        "Imię;Telefon;Miasto;Uwagi",
        EAST,
        _words(
            "Łukasz Paweł Małgorzata Józef Grażyna Stanisław Wałęsa Poznań Gdańsk Żaneta Błażej Wójcik Zając Elbląg Ząbki "
            "Łódź Świdnica Wiśniewski Święcicka Bożena Michał ŁUKASZ Dąbrowski Kamiński Zieliński Ćwikła Wróbel"
        ),
        (
            "„VIP”",
            "„stały klient”",
            "«VIP»",
            "Warszawa – Centrum",
            "itd…",
            "Café ”Pod”",
            "• nowy",
            "Marka™",
            "12,50 €",
            "5 °C",
        ),
    ),
    "cs": Country(
        "Jméno;Telefon;Město;Poznámka",
        EAST,
        _words(
            "Jiří Dvořák Novák Černý Šťastný Růžena Božena Plzeň Ústí Hrádek Lukáš Žďár Kučera Blažková Přemysl Tomáš Zdeněk "
            "Šárka NOVÁK Štěpán Ťažký Olomoučan Jindřich Třebíč Kroměříž Ondřej Marečková"
        ),
        (
            "„VIP“",
            "»VIP«",
            "„stálý klient“",
            "Praha – Centrum",
            "atd…",
            "• nový",
            "Značka™",
            "12,50 €",
            "5 °C",
            "§ 7",
        ),
    ),
    "hu": Country(
        "Név;Telefon;Város;Megjegyzés",
        EAST,
        _words(
            "Zsófia László Győr Erdős Szűcs Nagykőrös Kovács Jókai István Gábor Pécs Kőszeg Zoltán Ákos Ödön Fűzfa Hegedűs "
            "Horváth Tóth Törökbálint Érd Máté Réka Balázs Vörös"
        ),
        ("„VIP”", "»VIP«", "„törzsvevő”", "Budapest – Centrum", "stb…", "• új", "Márka™", "12,50 €", "5 °C"),
    ),
}


def text_of(country: str, codec: str, rows: int, seed: int, *, marked: bool) -> str:
    """A file of `rows` people, half of whose names have accents; `marked` ones have marks in a third of the notes.

    What the codec cannot write (ISO-8859 has no quotation marks that curl) is not in it.
    """
    dice = random.Random(f"{country} {codec} {rows} {seed}")
    made = COUNTRIES[country]
    names, notes = ([one for one in some if _can_write(codec, one)] for some in (made.names, made.notes))
    notes = [*notes, *[""] * 2 * len(notes)] if marked else [""]
    lines = [made.header]
    for _ in range(rows):
        name, town = (dice.choice(names if names and dice.random() < 0.5 else PLAIN) for _ in range(2))
        lines.append(f"{name};0799{dice.randrange(10**6):06d};{town};{dice.choice(notes)}")
    return "\r\n".join(lines) + "\r\n"


def _can_write(codec: str, cell: str) -> bool:
    try:
        cell.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def files(rows: int, seeds: int, *, marked: bool) -> Iterator[tuple[str, str, str, bytes]]:
    """Country, codec, text and bytes of every file that is not ASCII throughout."""
    for country, made in COUNTRIES.items():
        for codec in made.codecs:
            for seed in range(seeds):
                text = text_of(country, codec, rows, seed, marked=marked)
                content = text.encode(codec)
                if not content.isascii():
                    yield country, codec, text, content


def is_read(text: str, content: bytes) -> bool:
    """Whether the guess reads the bytes without one error."""
    return content.decode(detected(io.BytesIO(content)).codec, errors="replace") == text


def main(seeds: int = 40) -> None:
    """Print the shares by rows, with marks and without, and what is worst among them."""
    for marked in (False, True):
        right: dict[tuple[str, str, int], list[bool]] = defaultdict(list)
        for rows in ROWS:
            for country, codec, text, content in files(rows, seeds, marked=marked):
                right[country, codec, rows].append(is_read(text, content))
        shares = {
            rows: [one for key, some in right.items() if key[2] == rows for one in some] for rows in ROWS
        }
        print("with marks" if marked else "names only", sum(map(len, right.values())), "files")
        for rows, some in shares.items():
            print(f"  {rows:>3} rows {sum(some) / len(some):7.1%} of {len(some)}")
        for key, some in sorted(right.items(), key=lambda one: sum(one[1]) / len(one[1]))[:8]:
            if not all(some):
                print(f"    {key}: {sum(some)} of {len(some)}")


if __name__ == "__main__":
    main()
