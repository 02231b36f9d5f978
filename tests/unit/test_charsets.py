"""Which character set a file is in: UTF-8 is proved, the others are guessed from their letters."""

from __future__ import annotations

import io
import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smscampaign.errors import SettingsProblem
from smscampaign.recipients import charsets
from smscampaign.recipients.charsets import Charset, detected, named
from tests.unit import charset_files

WEST, EAST = ("cp1252", "iso8859_15", "mac_roman"), ("cp1250", "iso8859_2")
HEADERS = {
    "fr": ("Prénom;Mobile;Ville", WEST),
    "de": ("Vorname;Handy;Stadt", (*WEST, *EAST)),
    "es": ("Nombre;Móvil;Ciudad", WEST),
    "pl": ("Imię;Telefon;Miasto", EAST),
    "cs": ("Jméno;Telefon;Město", EAST),
}
# None of these is in the product's own list of words.
NAMES = {
    "fr": "Hélène Cécile Noël Chloé Maëlle Jérôme Thérèse Besançon Nîmes Évreux Châlons Béziers Loïc François Lefèvre",
    "de": "Jürgen Müller Jörg Groß Käthe Weiß Schröder Köln Düsseldorf Nürnberg Böhm Übach Gräfe Lübeck Österle",
    "es": "José María Íñigo Peña Muñoz Ángel Raúl Sofía Núñez Málaga Cádiz Logroño León Zúñiga Güell",
    "pl": "Łukasz Paweł Małgorzata Józef Grażyna Stanisław Wałęsa Poznań Gdańsk Żaneta Błażej Wójcik Zając Elbląg Ząbki",
    "cs": "Jiří Dvořák Novák Černý Šťastný Růžena Božena Plzeň Ústí Hrádek Lukáš Žďár Kučera Blažková",
}
PLAIN = ["Anna", "Paul", "Maria", "Jan", "Thomas", "Peter", "Carlos", "Marta", "Lena", "Ida"]
CASES = [(language, codec) for language, (_, codecs) in HEADERS.items() for codec in codecs]


def people(language: str, rows: int, seed: int) -> str:
    """A file of names and numbers, half of the names with accents."""
    dice = random.Random(seed)
    words = [*NAMES[language].split(), *PLAIN * 2]
    lines = [HEADERS[language][0]]
    lines += [
        f"{dice.choice(words)};0799{dice.randrange(10**6):06d};{dice.choice(words)}" for _ in range(rows)
    ]
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize(("language", "codec"), CASES)
def test_files_of_thirty_rows_are_read_as_they_were_written(language: str, codec: str) -> None:
    for seed in range(20):
        text = people(language, 30, seed)
        found = detected(io.BytesIO(text.encode(codec)))
        assert found.guessed
        assert text.encode(codec).decode(found.codec) == text, (found, seed)
        assert not found.example.isascii()
        assert found.example in text


@pytest.mark.parametrize(("language", "codec"), CASES)
def test_even_files_of_three_rows_mostly_are(language: str, codec: str) -> None:
    # Measured over 200 files each: 100 % of them, but for German in Mac Roman, whose header has no accent.
    texts = [people(language, 3, seed) for seed in range(40)]
    right = sum(
        text.encode(codec).decode(detected(io.BytesIO(text.encode(codec))).codec, "replace") == text
        for text in texts
    )
    assert right >= (28 if codec == "mac_roman" else 36)


@pytest.mark.parametrize("marked", [False, True], ids=["names", "marks"])
@pytest.mark.parametrize(("rows", "share"), [(1, 0.96), (3, 0.98), (10, 0.99), (100, 1)])
def test_the_shares_that_the_documentation_tells(rows: int, share: float, marked: bool) -> None:
    # A sample of the files of which docs/files.md gives the figures: names alone, and with quotes, amounts and dashes.
    files = list(charset_files.files(rows, 4, marked=marked))
    wrong = [
        (country, codec)
        for country, codec, text, content in files
        if not charset_files.is_read(text, content)
    ]
    assert len(wrong) <= (1 - share) * len(files), wrong


MARKS = [
    ("Name,Mobile\nSean O’Neil,07700900123\nTom D’Arcy,07700900124\n", "cp1252 mac_roman", "O’Neil"),
    (
        "Name,Mobile,Spend\nAnn,07700900123,£12.50\nBob,07700900124,£15\n",
        "cp1252 iso8859_15 mac_roman",
        "£12.50",
    ),
    ("Name;Mobile;Shop\nAnn;07700900123;Leeds – Centre\n", "cp1252 mac_roman", "Leeds – Centre"),
    ("Name;Mobile;Source\nAnn;07700900123;Facebook™\n", "cp1252 mac_roman", "Facebook™"),
    ("Name;Mobile;Source\nAnn;07700900123;• web…\n", "cp1252 mac_roman", "web…"),
    ("Name;Mobile;Note\nAnn;07700900123;she said “call me”\n", "cp1252 mac_roman", "“call"),
    ("Name;Mobile;Note\nAnn;07700900123;customers’ choice\n", "cp1252 mac_roman", "customers’"),
    ("Prénom;Mobile;Note\nHélène;0799000001;« cliente fidèle »\n", "cp1252 iso8859_15 mac_roman", None),
    ("Prénom;Mobile;Note\nHélène;0799000001;«\u00a0VIP\u00a0»\n", "cp1252 iso8859_15 mac_roman", None),
    ("Nom;Mobile;Note\nMarc;0799000001;« VIP »\n", "cp1252 iso8859_15 mac_roman", "« VIP"),
    ("Vorname;Handy;Note\nJürgen;0799000001;»VIP«\n", "cp1252 cp1250 mac_roman", None),
    ("Imię;Telefon;Uwagi\nŁucja;0799000001;»VIP«\nPaweł;0799000002;„nowy”\n", "cp1250", "Łucja"),
    ("Jméno;Telefon\nJiří;0799000001\nTomáš;„VIP“\n", "cp1250", None),
    ("Nombre;Móvil\nJosé García;0799000001\nLucía Díaz;0799000002\n", "cp1252 mac_roman", None),
    ("NOM;TEL\nRENÉ;0799000001\nANDRÉ;0799000002\n", "cp1252 mac_roman", "ANDRÉ"),
    ("Name;Mobile\nOlga Lindström;0799000001\nAnna;”VIP”\n", "cp1252 mac_roman", None),
    ("Name;Mobile\nAnn;07700900123†\n", "cp1252", None),
]


@pytest.mark.parametrize("copies", [1, 300])
@pytest.mark.parametrize(
    ("text", "codec", "example"),
    [(text, codec, example) for text, some, example in MARKS for codec in some.split()],
)
def test_a_mark_counts_where_it_belongs(text: str, codec: str, example: str | None, copies: int) -> None:
    header, _, rows = text.partition("\n")
    text = f"{header}\n{rows * copies}"
    found = detected(io.BytesIO(text.encode(codec)))
    assert text.encode(codec).decode(found.codec, errors="replace") == text, found
    assert found.guessed
    assert example is None or found.example == example


def test_the_example_is_a_word_on_which_the_sets_differ_and_no_number() -> None:
    found = detected(io.BytesIO("Prénom;Mobile\nAnaïs;écrivez\nTom;“0799000001”\n".encode("cp1252")))
    assert (found.name, found.example) == ("windows-1252", "Anaïs")
    found = detected(
        io.BytesIO("Nom;Mobile\nTom;07\u00a099\u00a000\u00a000\u00a001\nAnn;“0799000001”\n".encode("cp1252"))
    )
    assert (found.name, found.example) == ("windows-1252", "")


@pytest.mark.parametrize(
    ("content", "codec"),
    [
        (b"", "utf-8-sig"),
        (b"name,mobile\n", "utf-8-sig"),
        ("Zoë".encode(), "utf-8-sig"),
        ("Zoë".encode("utf-8-sig"), "utf-8-sig"),
        ("Zoë".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "Zoë".encode("utf-16-be"), "utf-16"),
    ],
)
def test_what_is_proved_is_no_guess(content: bytes, codec: str) -> None:
    found = detected(io.BytesIO(content))
    assert (found.codec, found.guessed, found.example) == (codec, False, "")


def test_one_wrong_byte_in_utf8_is_damage_and_no_other_set() -> None:
    content = "Łucja;Żaneta;Zoë\n".encode() * 20 + b"Zo\xeb\n"
    assert detected(io.BytesIO(content)) == Charset("utf-8-sig", "UTF-8")


def test_an_accent_two_megabytes_down_decides() -> None:
    content = b"name;mobile\n" + b"Ann;0799000001\n" * 150_000 + "Żaneta;Łódź\n".encode("cp1250")
    assert detected(io.BytesIO(content)).name == "windows-1250"


def test_what_is_none_of_our_languages_is_left_to_the_library() -> None:
    text = "Имя;Телефон\nЕкатерина Иванова;Новосибирск\nДмитрий Щербаков;Екатеринбург\n" * 5
    found = detected(io.BytesIO(text.encode("cp1251")))
    assert found.guessed
    assert text.encode("cp1251").decode(found.codec) == text


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_are_given_a_set_that_python_knows(content: bytes) -> None:
    found = detected(io.BytesIO(content))
    content.decode(found.codec, errors="replace")
    assert len(found.example) <= 24


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    found = detected(io.BytesIO(text.encode()))
    assert found.codec == ("utf-8-sig")
    assert not found.guessed


@pytest.mark.parametrize(
    ("given_name", "codec"),
    [
        ("UTF-8", "utf-8-sig"),
        ("utf8", "utf-8-sig"),
        ("windows-1250", "cp1250"),
        ("Latin-9", "iso8859-15"),
        ("mac-roman", "mac-roman"),
        ("utf-16-le", "utf-16-le"),
    ],
)
def test_a_set_can_be_named_as_people_do(given_name: str, codec: str) -> None:
    assert named(given_name).codec.replace("_", "-") == codec
    assert not named(given_name).guessed


@pytest.mark.parametrize(
    "name", ["", "blah", "rot13", "base64", "zlib", "idna", "undefined", "a\0b", "utf-7", "x" * 999]
)
def test_what_is_no_set_for_files_is_refused(name: str) -> None:
    with pytest.raises(SettingsProblem, match="is not a character set") as caught:
        named(name)
    assert caught.value.where == "file.encoding"


def test_the_letters_of_the_table_are_single_characters() -> None:
    for words in NAMES.values():
        assert unicodedata.is_normalized("NFC", words)


@pytest.mark.parametrize("first", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("cut", range(-4, 2))
def test_files_that_were_joined_are_told_by_the_mark_at_the_start_of_a_line(first, cut):
    rows = first + b"name,mobile\n"
    rows += b"x" * (charsets._BLOCK - len(rows) - 1 - cut)
    assert detected(io.BytesIO(rows + b"\n\xef\xbb\xbfname,mobile\n")).joined
    assert not detected(io.BytesIO(rows + b",\xef\xbb\xbfname,mobile\n")).joined


class Endless(io.RawIOBase):
    """What a file of a terabyte without content gives."""

    def __init__(self, begin: bytes) -> None:
        self.begin, self.asked = begin, 0

    def read(self, size: int = -1) -> bytes:
        self.asked += 1
        assert self.asked < 5
        begin, self.begin = self.begin, b""
        return begin + bytes(size - len(begin))


@pytest.mark.parametrize("begin", [b"name\n", "\ufeffname\n".encode(), "Zoé\n".encode("cp1252"), b""])
def test_behind_a_nul_nothing_is_read(begin: bytes) -> None:
    assert detected(Endless(begin)).codec in {"utf-8-sig", "cp1252"}
