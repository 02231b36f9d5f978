"""Which columns of a table look like consent or a status, and which rows they leave out. Words and standard library only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from smscampaign.model import Row
from smscampaign.names import ColumnNames, canonical, words

# What a column of consent is called, as one word of its name or as all of them: `Accepts SMS Marketing`, `Opt-in`.
_CONSENT = frozenset(
    """
    consent consents consented optin subscribed subscriber subscription newsletter accepts gdpr permission
    consentement accepte abonne abonnee abonnement inscrit rgpd accord
    zgoda zgody zgodarodo rodo subskrypcja
    einwilligung zustimmung dsgvo werbeeinwilligung werbung abonniert angemeldet
    """.split()  # noqa: SIM905 - a page of quotation marks would be harder to read and to add to
)
# Where yes means no.
_REFUSAL = frozenset(
    """
    optout unsubscribed unsubscribe optedout stop blacklist blacklisted blocked donotsms desabonne desabonnee desinscrit
    wypisany rezygnacja abgemeldet widerruf widerspruch werbesperre
    """.split()  # noqa: SIM905 - as above
)
_STATUS = frozenset("status statut etat stan state zustand".split())  # noqa: SIM905 - as above
_YES = frozenset(
    "yes y true 1 oui o vrai tak t prawda ja j wahr subscribed optedin accepted accepte abonne x".split()  # noqa: SIM905
)
_NO = frozenset(
    """
    no n false 0 non faux nie falsz nein falsch unsubscribed notsubscribed neversubscribed optedout refused refuse pending
    never desabonne
    """.split()  # noqa: SIM905 - as above
)
# What nobody is written to about any more.
_OVER = frozenset(
    """
    cancelled canceled refunded voided void inactive deleted expired deceased unsubscribed blocked closed refused
    annule annulee rembourse remboursee inactif inactive supprime supprimee expire decede decedee desabonne bloque refuse
    anulowany anulowana anulowane anulowano zwrocony zwrocone nieaktywny nieaktywna usuniety wygasly rezygnacja
    odwolany odwolana
    storniert abgesagt gekundigt inaktiv gesperrt geloscht erstattet verstorben abgemeldet
    """.split()  # noqa: SIM905 - as above
)
# Other ways of writing to people than text messages, as words of a name: `Accepts Email Marketing`, `EMAIL_BLACKLISTED`.
_OTHER_WAYS = frozenset(
    """
    email emails mail mails mailing mailowa mailowy courriel courriels newsletter newsletters whatsapp
    post postal courrier call calls
    """.split()  # noqa: SIM905 - as above
)
# Spellings that a column of these has at most.
_FEW = 8


class ConsentColumn(NamedTuple):
    """A column that says of each row whether it is meant, and `condition`, an expression that leaves out some of them.

    `kind` is `consent` or `a status`. The condition goes by `spellings`, one of which stands in each of `rows` rows.
    """

    place: int
    name: str
    kind: str
    condition: str
    spellings: tuple[str, ...]
    rows: int


def consent_columns(header: Sequence[str], rows: Sequence[Row]) -> list[ConsentColumn]:
    """The columns that are named like consent or a status, and say no of one row at least.

    Where one is named for text messages, consent to other ways of writing says nothing of these and is left aside.
    """
    names = ColumnNames(header)
    for_texts = any("sms" in words(name) and _is_consent(name) for name in header)
    places = [
        place
        for place, name in enumerate(header)
        if _kind(name) and not (for_texts and _is_of_other_ways(name))
    ]
    found = (_looked_at(names, place, rows) for place in places)
    return [one for one in found if one is not None]


def named_for_consent(header: Sequence[str]) -> bool:
    """Whether any column is named so that it has to be looked at."""
    return any(map(_kind, header))


def _kind(name: str) -> str:
    said = {*words(name), "".join(words(name)), canonical(name)}
    # `Opt in`, `Opted out` in two words.
    said |= {first + second for first, second in pairwise(words(name))}
    if said & _REFUSAL:
        return "refusal"
    return "consent" if said & _CONSENT else "status" if said & _STATUS else ""


def _is_consent(name: str) -> bool:
    return _kind(name) in {"consent", "refusal"}


def _is_of_other_ways(name: str) -> bool:
    said = set(words(name))
    return _is_consent(name) and "sms" not in said and not _OTHER_WAYS.isdisjoint(said)


def _looked_at(names: ColumnNames, place: int, rows: Sequence[Row]) -> ConsentColumn | None:
    name = names.header[place]
    kind = _kind(name)
    cells = Counter(row.fields[place].strip() for row in rows if place < len(row.fields))
    spelled = {cell: "".join(words(cell)) for cell in cells if cell}
    if not spelled or len(spelled) > _FEW:
        return None
    if kind == "status":
        left_out = [cell for cell, word in spelled.items() if word in _OVER]
        return _column(names, place, "a status", left_out, cells, keep=False) if left_out else None
    yes, no = ([cell for cell, word in spelled.items() if word in some] for some in (_YES, _NO))
    if len(yes) + len(no) < len(spelled):
        return None
    if kind == "refusal":
        return _column(names, place, "consent", yes, cells, keep=False) if yes else None
    if not yes:
        return _column(names, place, "consent", no, cells, keep=False)
    return _column(names, place, "consent", yes, cells, keep=True)


def _column(
    names: ColumnNames, place: int, kind: str, words: Sequence[str], cells: Counter[str], *, keep: bool
) -> ConsentColumn | None:
    """With the condition that keeps the rows that have these words, or leaves them out; None where it leaves out no row."""
    meant = sum(cells[word] for word in words)
    if meant == (cells.total() if keep else 0):
        return None
    listed = ", ".join(f"'{word}'" for word in words)
    one, several = ("==", "in") if keep else ("!=", "not in")
    condition = f"{names.word(place)} {f'{one} {listed}' if len(words) == 1 else f'{several} [{listed}]'}"
    return ConsentColumn(place, names.header[place], kind, condition, tuple(words), meant)
