"""When two names are the same name: `First Name`, `first_name` and `FIRST-NAME`; `Prénom` and `prenom`.

Column headers are written by people and spelled again by other people in messages and options. Every tool that looks a
column up by name asks this module, so that all of them agree. Standard library only.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property

# Python's stand-ins for such bytes (PEP 383); halves of surrogate pairs besides them come from nowhere.
_LONE = re.compile("[\ud800-\udfff]")
# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "œ": "oe", "æ": "ae"})
_PUNCTUATION = frozenset("_-.:()[]{}'`’‘ʼ‐‑‒–—−")
# Separators (all spaces), controls (tab, newline) and format characters (byte order mark, zero-width, bidi marks).
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def printable(name: str) -> str:
    """A name that can be shown and kept: bytes of a file's name that are no UTF-8 become `\\xe9` and the like."""
    return _LONE.sub(lambda found: f"\\x{ord(found.group()) & 0xFF:02x}", name)


def canonical(name: str) -> str:
    """The form in which names are compared: lower case, no accents, no spaces, none of `_ - . : '` and no brackets.

    May be empty: a header of nothing but spaces names nothing.
    """
    # Folding can compose anew and decomposing can bring capitals back, hence twice (Unicode 15, D146).
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).casefold()
    return "".join(map(_kept, folded)).translate(_LETTERS)


def _kept(character: str) -> str:
    dropped = (
        character in _PUNCTUATION
        or unicodedata.combining(character)
        or unicodedata.category(character) in _INVISIBLE
    )
    return "" if dropped else character


_COMPARED = 100  # characters: comparing takes the square of them


def closest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Up to three of `names` that `name` may be a slip of, the likeliest first, for a "did you mean"."""
    spelled: dict[str, str] = {}
    for candidate in names:
        spelled.setdefault(canonical(candidate[:_COMPARED]), candidate)
    return tuple(
        spelled[key]
        for key in difflib.get_close_matches(canonical(name[:_COMPARED]), spelled, n=3, cutoff=0.6)
    )


def bare(name: str) -> str:
    """The letters and digits of a name as `canonical` gives them: `ncommande` of `N° commande`, `remise` of `% remise`."""
    return "".join(filter(str.isalnum, canonical(name)))


def letter(index: int) -> str:
    """What a spreadsheet calls the column at `index`: A, B, …, Z, AA."""
    name = ""
    while index >= 0:
        index, digit = divmod(index, 26)
        name, index = chr(65 + digit) + name, index - 1
    return name


def place_of(letters: str) -> int:
    """The index of the column that a spreadsheet calls so."""
    place = 0
    for one in letters.upper():
        place = place * 26 + ord(one) - 64
    return place - 1


# Words that are no name in a message: they have a meaning there.
_TAKEN = frozenset("and else false for if in is loop none not or self true".split())  # noqa: SIM905
_BY_LETTER = re.compile(r"column[ _]+([a-z]{1,3})", re.ASCII | re.IGNORECASE)


class ColumnNames:
    """The columns of one file, by what a message, an option or an expression calls them.

    A column is asked for by its name, compared by `canonical`; where no column is called so, by the letters and digits of its
    name alone; else by its letter: `column_c`.
    """

    def __init__(self, header: Sequence[str]) -> None:
        self.header = header
        self._called: dict[str, list[int]] = {}
        for place, name in enumerate(header):
            self._called.setdefault(canonical(name), []).append(place)

    def places(self, asked: str) -> list[int]:
        """The columns that may be meant, in their order; none if there is none."""
        if not (
            key := canonical(asked)
        ):  # nothing but spaces, brackets and dashes: alike only where it is the same
            return [place for place, name in enumerate(self.header) if name.strip() == asked.strip() != ""]
        if found := self._called.get(key) or self._bare.get(bare(asked)):
            return found
        by_letter = _BY_LETTER.fullmatch(asked.strip())
        place = place_of(by_letter[1]) if by_letter else len(self.header)
        return [place] if place < len(self.header) else []

    @cached_property
    def _bare(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, name in enumerate(self.header):
            if plain := bare(name):
                found.setdefault(plain, []).append(place)
        return found

    def word(self, place: int) -> str:
        """What a message writes for the column at `place`, and means no other: `n_commande`, `_2nd`, `column_c`."""
        plain = re.sub(r"\W+", "_", self.header[place]).strip("_").lower()
        tried = (plain, f"_{plain}", f"column_{letter(place).lower()}")
        return next((one for one in tried if self._means(one, place)), tried[-1])

    def _means(self, word: str, place: int) -> bool:
        return word.isidentifier() and word not in _TAKEN and self.places(word) == [place]

    def placeholder(self, place: int) -> str:
        """The same in its braces: `{{ n_commande }}`."""
        return f"{{{{ {self.word(place)} }}}}"


NUMBER_COLUMNS = frozenset(
    canonical(name)
    for name in """
    number, phone, phones, phone number, phone no, phone nr, phone num, mobile, mobile number, mobile no, mobile phone,
    mobile phone number, cell, cell number, cell phone, cell phone number, msisdn, gsm, gsm number, tel, tel no, tel mobile,
    telephone, telephone number, telephone mobile, contact number, contact phone, sms, sms number, e164, whatsapp,
    recipient, recipient number, receiver, receivers, to, to number,
    téléphone portable, tél portable, tél mobile, numéro, numéro de téléphone, numéro de tél, numéro mobile,
    numéro de mobile, numéro portable, numéro de portable, n° de téléphone, n° téléphone, n° tél, n° de tél, n° mobile,
    n° portable, nº de téléphone, portable, mobile 1, phone 1, destinataire,
    telefon, telefonnummer, telefonnr, tel nr, handy, handynummer, handynr, mobil, mobilnummer, mobilfunk, mobilfunknummer,
    mobiltelefon, rufnummer, nummer, telefoon, telefoonnummer, mobiel, mobiel nummer, gsm nummer,
    numer, numer telefonu, nr telefonu, nr tel, tel kom, telefon komórkowy, numer komórki, komórka, numer gsm,
    móvil, número, número de teléfono, número móvil, número de móvil, teléfono, teléfono móvil, tel móvil, celular,
    número de celular, teléfono celular, telefone, telemóvel, número de telefone, número de telemóvel,
    cellulare, numero cellulare, numero di cellulare, telefono cellulare, numero di telefono, numero telefono
    """.split(",")  # noqa: SIM905 - a page of quotation marks would be harder to read and to add to
)
"""What a column of phone numbers is called in the files people have, in the form `canonical` gives."""

# The same in other orders and with a word more: `Nr telefonu komórkowego`, `Mobile (SMS)`, `Billing Phone`. Every word of
# a name has to be known: one that is not, as in `Phone type`, `Mobile opt-in` or `Fax number`, makes it another thing.
_MOBILE = frozenset(
    """
    mobile mobiles mob handy handynummer handynr mobil mobilnummer mobilnr mobilfunk mobilfunknummer mobilfunknr
    mobilrufnummer mobiltelefon mobiltelefonnummer natel gsm sms msisdn cell cellphone cellular portable komorkowy komorkowego
    komorka komorki movil celular cellulare telemovel mobiel mobiele
    """.split()  # noqa: SIM905 - as above
)
_PHONE = frozenset(
    """
    phone tel telephone phonenumber telefon telefonu telefonnummer telefonnr rufnummer telefono telefone telefoon
    telefoonnummer
    """.split()  # noqa: SIM905 - as above
)
_BESIDE = frozenset(
    """
    number no nr num n o numero numer nummer de du di do of value primary main principal principale default billing
    shipping customer client cliente contact klient klienta kunde kunden address adresse adresu 1 2 3 4
    """.split()  # noqa: SIM905 - as above
)


def names_numbers(name: str) -> bool:
    """Whether a column of this name holds phone numbers, mobile ones if it says which."""
    return canonical(name) in NUMBER_COLUMNS or _is_made_of(words(name), _MOBILE)


def names_mobiles(name: str) -> bool:
    """Whether a name says that its phone numbers are mobile ones."""
    return not _MOBILE.isdisjoint(words(name))


def may_name_numbers(name: str) -> bool:
    """Whether a column may where none is called better: `Billing Phone`, `Téléphone 2`, `Phone 1 - Value`."""
    return _is_made_of(words(name), _PHONE)


def _is_made_of(found: list[str], needed: frozenset[str]) -> bool:
    return not needed.isdisjoint(found) and (_MOBILE | _PHONE | _BESIDE).issuperset(found)


def words(name: str) -> list[str]:
    """The words of a name, each in the form that `canonical` gives: `n`, `de`, `tel` of `N° de Tél.`; `billing`, `phone`."""
    # `BillingPhone` has two words, as `billing_phone` has.
    parted = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", name)
    bare = unicodedata.normalize("NFKD", parted).casefold()
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign)).translate(_LETTERS)
    return re.findall(r"[^\W\d_]+|\d+", letters)
