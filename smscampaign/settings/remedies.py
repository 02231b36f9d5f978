"""What to write instead of a value that a setting does not take."""

from __future__ import annotations

import re

from smscampaign.model import Purpose

#: How words begin that people write for a purpose, in English, French and Polish.
_MEANT = {
    Purpose.MARKETING: (
        *("marketing", "promo", "offer", "offre", "oferta", "pub", "publi", "commerc", "sale", "solde"),
        *("news", "ad", "ads", "advert", "reklam", "handlow", "wyprzeda"),
    ),
    Purpose.TRANSACTIONAL: (
        *("transact", "transak", "remind", "rappel", "przypomn", "rdv", "rendez", "appoint", "wizyt"),
        *("alert", "notif", "powiad", "confirm", "potwierd", "info", "service", "usług"),
    ),
}
_SAID = {
    Purpose.MARKETING: 'Is it advertising? Write purpose = "marketing": OVHcloud adds its STOP clause.',
    Purpose.TRANSACTIONAL: 'Is it about what people ordered or booked, and no advertising? Write purpose = "transactional".',
}
_REMEDIES = {
    "sending.send_at": "Write 2027-03-06T10:00+01:00, or in the region's time “2027-03-06 10:00”, “tomorrow 10:00” or"
    " “Monday 10:00”."
}
#: Beginnings that short words have by chance, too.
_SHORT = 3


def remedy(name: str, value: object) -> str:
    """What to write for the setting of that name; empty where nobody knows."""
    if name == "purpose" and (meant := _purpose(str(value))):
        return _SAID[meant]
    return _REMEDIES.get(name, "")


def _purpose(value: str) -> Purpose | None:
    """The one purpose that its words speak of."""
    words = re.findall(r"[^\W\d_]+", value.casefold())
    found = {
        purpose
        for purpose, beginnings in _MEANT.items()
        for word in words
        if any(word == one or (len(one) > _SHORT and word.startswith(one)) for one in beginnings)
    }
    return found.pop() if len(found) == 1 else None
