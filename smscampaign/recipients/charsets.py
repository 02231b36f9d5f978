"""Which character set a text file is written in: proved for UTF-8 and byte order marks, a guess for everything else.

The eight-bit sets say nothing of themselves. On a file of names and numbers the libraries are often wrong, because they were
made for prose (docs/files.md has the figures). So letters and marks decide first: a decoding is good when its accents are
those of one language, stand where that language has them, and spell a word that headers have, and when its quotes,
apostrophes, dashes and currency signs stand where such a mark belongs. What is none of these languages goes to
charset-normalizer, with the other sets that people have.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from functools import cache
from typing import BinaryIO, NamedTuple

from smscampaign.errors import SettingsProblem

#: Names as people know them, and as Python does. The order breaks ties.
NAMES = {
    "cp1252": "windows-1252",
    "cp1250": "windows-1250",
    "iso8859_15": "ISO-8859-15",
    "iso8859_2": "ISO-8859-2",
    "mac_roman": "Mac Roman",
}
_OTHERS = (
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp850",
    "cp852",
    "mac_latin2",
)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Codecs that are made for something else than files of text.
_NOT_FOR_FILES = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "mbcs", "oem"}
)

_LANGUAGES = {
    "fr": "éèêàçîôùûïëâœüöäæÿ",
    "pl": "ąćęłńóśźż",
    "de": "äöüßé",
    "es": "áéíóúñüçº",
    "it": "àèéìòù",
    "pt": "ãõáéíóúâêôàç",
    "cs": "ěščřžýáíéúůďťňó",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "hu": "áéíóöőúüű",
    "nordic": "åäöæøé",
    "ro": "ăâîşţ",
    "hr": "čćđšž",
}
# Hardly anybody writes these; they are what a wrong decoding makes of something else.
_RARE = frozenset("ÿæŕĺ")
_AT_HOME = frozenset("".join(_LANGUAGES.values())) - _RARE
_SIGNS = frozenset("’‘“”„«»–—…€°ºª№·\u00a0ß§")
# What stands in the first rows of files, and is spelled so in one set only.
_WORDS = frozenset(
    """
    prénom prénoms téléphone numéro société civilité mobile n° né tél régularité catégorie créé à où très été août
    imię imiona nazwisko miejscowość województwo płeć urodzenia ulica komórkowy komórka wiadomość adres kraków łódź
    straße größe geschlecht männlich für übersicht größen postleitzahl rufnummer
    móvil teléfono número dirección población código año españa señor señora teléfonos
    città società perché è sarà
    telemóvel código são não endereço número
    jméno příjmení město telefonní číslo ulice psč
    keresztnév vezetéknév név telefonszám város utca
    """.split()  # noqa: SIM905 - as a list it would be a page of quotation marks
)
_WORD = re.compile(r"[^\W\d_]+")

# Marks where they belong. The conditions are narrow, because in another set the same bytes are letters: Mac Roman's `García`
# is `Garc’a` in windows-1252, whose `RENÉ` is `REN…` in Mac Roman.
# They are compiled where a character set has to be guessed, and nowhere else: it takes 6 ms.
_QUOTED = (
    r"(?=[„“”«»‘‚‹›])(?<!\w)(?:„[^„“”;|\t\n]{1,99}[“”]|[“”][^“”;|\t\n]{1,99}”|«[^«»;|\t\n]{1,99}»|»[^«»;|\t\n]{1,99}«"
    r"|‘[^‘’;|\t\n]{1,99}’|‚[^‚‘’;|\t\n]{1,99}[‘’]|‹[^‹›;|\t\n]{1,99}›|›[^‹›;|\t\n]{1,99}‹)(?!\w)"
)
_FITTING = r"""(?x)
    (?=[^\x00-\x7f])(?:                                                  # quickly past everything else
    (?<=\b[ODLMN])[’‘´](?=[A-ZÀ-Þ])                                      # O’Neil
    | (?<=[a-zß-ÿ])[’´](?=[A-ZÀ-Þ])                                       # Dell’Orto
    | (?<=\b[cdjlmnstCDJLMNST])[’´](?=[aehiouyàâèéêîïôœAEHIOUYÀÂÈÉÊÎÔŒ][^\W\d_]{2}) # l’amico; `D’az` is Díaz
    | (?<=[qQ][uU])[’´](?=[aeiouyéêAEIOUYÉÊ]) | (?<=ujourd)[’´](?=hui)   # qu’elle
    | (?<=[^\W\d_])[’´](?=[sS]\b) | (?<=n)[’´](?=t\b) | (?<=\w)[’´](?=(?:re|ve|ll)\b)
    | (?<=[a-z]s)’(?!\w) | (?<!\w)’(?=n\b|\d0s) | (?<=\bn)’(?!\w)         # customers’, rock ’n’ roll
    | (?<!\w)[–—](?!\w) | (?<=\d)[–—](?=\d) | (?<=[a-zß-ÿ])[–—](?=[A-ZÀ-Þ])
    | (?<=[a-zß-ÿ0-9\s.,!?])…(?!\w)
    | (?<!\w)•(?=\s)
    | (?<=[^\W\d_]{2})™(?!\w) | (?<=[a-z])®(?!\w) | (?<!\w)©(?=[\s\d])
    | (?<![^\W\d_])[€§](?![^\W\d_])
    | £(?=\s?\.?\d) | (?<=\d)£(?!\w) | (?<=\d\s)£(?!\w) | (?<=\()£(?=\)) # a lone Ł is an initial
    | (?<=\d)[°º](?!\w) | (?<=\b[nN])[°º](?![^\W\d_]) | (?<=[\d\s])°(?=[CF]\b)
    | (?<=\d)ª(?!\w) | (?<=\bM)ª(?!\w) | (?<=[\dMD]\.)[ªº](?!\w)
    | (?<!\w)(?<!\w\s)¿(?=[A-Z][^;|\t\n]{0,99}\?) | (?<!\w)(?<!\w\s)¡(?=[A-Z][^;|\t\n]{0,99}!)
    | (?<=m)[²³](?!\w) | (?<=\d)[½¼¾](?!\w) | (?<=\d)×(?=\d) | (?<=\d\s)×(?=\s\d) | (?<=l)·(?=l)
    | (?<=[a-zß-ÿ0-9«€£"])\u00a0 | \u00a0(?=[0-9»€£"])
    )"""
_FITS = 1.2  # more than a letter at home: `O’Neil` rather than `OíNeil`
# Words of one letter.
_ALONE = frozenset("àèéêìíòóôőöúùûýáâåæøäÅÖ")
# Between letters, where none of the above is.
_MIDDLE = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f](?=[^\W\d_])")
# A letter that touches a digit, or stands alone and is no initial.
_TOUCHING = re.compile(r"(?<=\d)[^\W\d_\x00-\x7f]|[^\W\d_\x00-\x7f](?=\d)")
_LONE = re.compile(r"(?<![\w'])[^\W\d_\x00-\x7f](?![\w'.])")
# Portuguese has it in `ões` and `õe` alone; elsewhere it is the Hungarian ő of another set.
_NOT_PORTUGUESE = re.compile(r"õ(?!e)", re.IGNORECASE)
# A word; and a mark with the words beside it.
_SHOWN = re.compile(r"[^\s;|,\"\x00-\x1f\x7f-\x9f]+")
_BESIDE = re.compile(rf"(?:{_SHOWN.pattern} )?[^\w\s\x00-\x7f](?: {_SHOWN.pattern})?")
_DIGITS = 4  # that an example may have: no full number is shown
_NEVER = -9.0  # how plausible a set is in which the bytes cannot be
_FEW = 4  # letters: less than a word
_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_MARKED_LINE = b"\n" + codecs.BOM_UTF8
_EDGE = len(_MARKED_LINE) - 1  # bytes of it that may stand at the end of a block


class Charset(NamedTuple):
    """How a file is to be decoded: Python's `codec`, the `name` people know it by, and whether that is a guess.

    `example` is a word of the file that the likeliest other set would read otherwise; empty where there was nothing to guess.
    `joined` says that lines of it begin with a mark of UTF-8, as where files were put behind each other.
    """

    codec: str
    name: str
    guessed: bool = False
    example: str = ""
    joined: bool = False


def named(encoding: str) -> Charset:
    """The character set a person asked for. Raises SettingsProblem for one that Python does not know."""
    # `Latin-9` is Python's latin9.
    codec = _codec(encoding) or _codec(re.sub(r"[\s_-]", "", encoding))
    if codec is None:
        raise SettingsProblem(
            f"{encoding!r} is not a character set",
            where="file.encoding",
            remedy="Give utf-8, utf-16, windows-1250, windows-1252, iso-8859-2, iso-8859-15 or mac-roman.",
        )
    return Charset("utf-8-sig" if codec == "utf-8" else codec, encoding)


def _codec(encoding: str) -> str | None:
    try:
        codec = codecs.lookup(encoding).name
        b"a".decode(codec, errors="ignore")
    except (LookupError, ValueError):
        return None
    return None if codec in _NOT_FOR_FILES else codec


def detected(stream: BinaryIO) -> Charset:
    """The character set of a whole stream, read once in blocks of a megabyte, up to a NUL: behind that nothing is read.

    UTF-8 unless something in it is not; then a guess from the lines that hold accents. A file with more UTF-8 in it than
    anything else is damaged UTF-8, and one with some letters in it may be of two files: both are left to be read as UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    first, block, joined, end = True, stream.read(_BLOCK), False, b""
    while block:
        if first:
            for mark, codec in _MARKS:
                if block.startswith(mark):
                    again = codec == "utf-8-sig" and _marked_again(block, stream)
                    return Charset(codec, codec.removesuffix("-sig").upper(), joined=again)
            first = False
        if b"\0" in block:
            break
        joined = joined or _MARKED_LINE in end + block
        end = block[-_EDGE:]
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            return _of_accents(_accented(block, stream))
        block = stream.read(_BLOCK)
    # What the last character lacks at the end of the file is told when it is read.
    return Charset("utf-8-sig", "UTF-8", joined=joined)


def _marked_again(block: bytes, stream: BinaryIO) -> bool:
    """Whether a line begins with the mark in this block, or in those that follow."""
    end = b""
    while block and b"\0" not in block:
        if _MARKED_LINE in end + block:
            return True
        end, block = block[-_EDGE:], stream.read(_BLOCK)
    return False


def _accented(block: bytes, stream: BinaryIO) -> bytes:
    """The lines that hold more than ASCII, from the block where UTF-8 ended on: at most 64 kB of them."""
    sample = bytearray()
    while block and len(sample) < _SAMPLE and b"\0" not in block:
        # Lines are cut at the block's edges: a half word does no harm here.
        for line in block.splitlines():
            if not line.isascii() and len(sample) < _SAMPLE:
                sample.extend(line[:1_000] + b"\n")
        block = stream.read(_BLOCK)
    return bytes(sample)


def _of_accents(sample: bytes) -> Charset:
    if _mostly_utf8(sample) or _partly_utf8(sample):
        return Charset("utf-8-sig", "UTF-8")
    scores = {codec: _plausible(sample, codec) for codec in NAMES}
    # Sorting keeps the order of equals: what says nothing is windows-1252.
    ranked = sorted(NAMES, key=scores.__getitem__, reverse=True)
    codec, name = ranked[0], NAMES[ranked[0]]
    doubtful = scores[codec] <= 0
    if doubtful and sum(byte > 0xBF for byte in sample) < _FEW:
        # A few signs that are at home nowhere: no library makes more of them than chance would.
        codec = next((one for one in NAMES if scores[one] > _NEVER), codec)
        name = NAMES[codec]
    elif doubtful or _is_foreign(sample):
        codec, name = _by_library(sample) or (codec, name)
    rivals = [rival for rival in ranked if rival != codec]
    return Charset(codec, name, guessed=True, example=_example(sample, codec, rivals))


def _is_foreign(sample: bytes) -> bool:
    """Whether hardly a letter is ASCII: Russian and Greek, which Western letters would spell as nonsense."""
    strange = sum(byte > 0xBF for byte in sample)
    plain = sum(map(len, re.findall(rb"[A-Za-z]+", sample)))
    return strange >= 20 and strange > 3 * plain


def _mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", errors="surrogateescape")
    strange = sum("\udc80" <= sign <= "\udcff" for sign in text)
    return sum(not sign.isascii() for sign in text) > 3 * strange


def _partly_utf8(sample: bytes) -> bool:
    """Whether a fifth of what is not ASCII are letters and signs of our languages in UTF-8: no other set spells them so."""
    text = sample.decode("utf-8", errors="surrogateescape")
    good = sum(sign.lower() in _AT_HOME or sign in _SIGNS for sign in text)
    strange = sum("\udc80" <= sign <= "\udcff" for sign in text)
    return 0 < strange <= 4 * good


def beside_utf8(sample: bytes) -> str:
    """The name of the set in which these lines, which are no UTF-8, make sense; empty where they make none."""
    scores = {codec: _plausible(sample, codec) for codec in NAMES}
    best = max(NAMES, key=scores.__getitem__)
    return NAMES[best] if scores[best] > 0 else ""


def _plausible(sample: bytes, codec: str) -> float:
    """Between 1, every accent is at home in one language, and below 0, where most are not. _NEVER for what cannot be."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError:
        return _NEVER
    if any(unicodedata.category(sign) in {"Cc", "Co", "Cn"} for sign in set(text) if not sign.isascii()):
        return _NEVER
    total = sum(not sign.isascii() for sign in text) or 1
    text, marks = _without_marks(text)
    accents = Counter(sign for sign in text if not sign.isascii())
    fits = max(_fits(accents, letters) for letters in _LANGUAGES.values() if _can_write(codec, letters))
    words = _WORD.findall(text)
    known = sum(word.lower() in _WORDS for word in words if not word.isascii())
    return (fits + _FITS * marks - _broken(text, words)) / total + min(known, 3) / 10


def _without_marks(text: str) -> tuple[str, int]:
    """The text with an ASCII mark in the place of every mark that stands where it belongs, and how many those were."""
    text, pairs = re.subn(_QUOTED, lambda quoted: f'"{quoted[0][1:-1]}"', text)
    text, single = re.subn(_FITTING, "'", text)
    return text, 2 * pairs + single


@cache
def _can_write(codec: str, letters: str) -> bool:
    """Whether people of that language would use the set: there is no š for Czechs in one without č."""
    return len(letters.encode(codec, errors="ignore")) == len(letters)


def _fits(accents: Counter[str], letters: str) -> float:
    total = 0.0
    for sign, number in accents.items():
        lower = sign.lower()
        if lower in letters:
            total += number * (0.6 if lower in _RARE else 1.0)
        elif sign in _SIGNS:
            total += number * 0.2
        else:
            # A letter of another language may be a guest's name; a sign amid names is a wrong decoding.
            total -= number * (0.5 if sign.isalpha() else 2.0)
    return total


def _broken(text: str, words: list[str]) -> float:
    """How many letters and marks stand where none can: `RenŽ`, `HŽl¸ne`, `Garc’a`, `Ł12.50`, `Ť cliente`."""
    capitals = sum(map(_has_odd_capital, words))
    lone = sum(letter not in _ALONE for letter in _LONE.findall(text))
    rare = 0.5 * len(_NOT_PORTUGUESE.findall(text))
    return capitals + lone + rare + len(_TOUCHING.findall(text)) + len(_MIDDLE.findall(text))


def _has_odd_capital(word: str) -> bool:
    """`RenŽ`, `TŠsche`."""
    after = zip(word, word[1:], word[2:] + " ", strict=False)
    return any(not b.isascii() and b.isupper() and (a.islower() or c.islower()) for a, b, c in after)


def _by_library(sample: bytes) -> tuple[str, str] | None:
    # Imported where it is needed: 30 ms that a file in UTF-8 does not pay.
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=[*NAMES, *_OTHERS]).best()
    if best is None or best.encoding not in {*NAMES, *_OTHERS}:
        return None
    return best.encoding, NAMES.get(best.encoding, best.encoding)


def _example(sample: bytes, codec: str, rivals: list[str]) -> str:
    """The longest of the first words that the likeliest other set reads otherwise: a word on which to judge the guess.

    A rival that would read all of the sample alike is passed over.
    """
    text = sample[:4_000].decode(codec, errors="replace")
    for rival in rivals:
        other = sample[:4_000].decode(rival, errors="replace")
        for pattern in (_SHOWN, _BESIDE):
            found = (word for word in pattern.finditer(text) if other[slice(*word.span())] != word[0])
            shown = [word[0] for word in found if _tells(word[0])]
            if shown:
                return max(shown[:8], key=len)[:24]
    return ""


def _tells(word: str) -> bool:
    return any(map(str.isalnum, word)) and sum(map(str.isdigit, word)) <= _DIGITS
