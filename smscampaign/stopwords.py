"""Whether an answer says STOP: plain words are taken as one, and what only sounds like one is for a person to read.

Standard library only. OVHcloud's clause asks for `STOP 36xxx`; the others are how people write the same in French, English
and Polish. The list is short on purpose: who is taken for one that said STOP hears nothing any more.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

#: What takes somebody off the list when it is all that is said.
WORDS = frozenset(
    {
        *("stop", "stopp", "stopall", "stopsms", "unsubscribe", "unsub", "optout"),
        *("arret", "arrete", "arreter", "arretez", "desabo", "desabonner", "desabonnement", "desabonnez"),
        *("desinscrire", "desinscription", "desinscrivez"),
        *("wypisz", "wypisuje", "rezygnuje", "rezygnacja"),
    }
)

#: What may stand beside it and changes nothing; so may a number, as in `STOP 36180`.
BESIDE = frozenset(
    {
        *(
            "au",
            "a",
            "svp",
            "stp",
            "merci",
            "sms",
            "pub",
            "publicite",
            "moi",
            "tout",
            "all",
            "to",
            "please",
            "now",
        ),
        *("thanks", "thank", "you", "prosze", "dziekuje", "z"),
    }
)

#: What sounds like it, so that a person should read it.
_COUSINS = re.compile(
    r"\b(?:stop\w*|arret\w*|desabo\w*|desinscri\w*|unsub\w*|opt out|cancel|quit|end"
    r"|(?:veux|voulez|veut) plus|plus de (?:sms|message\w*|pub\w*)|retire[zr]? moi|supprime[zr]? (?:moi|mon)|enlevez"
    r"|no more|remove me|leave me|do not (?:text|contact|send)|don t (?:text|contact|send)"
    r"|nie chce|nie zycze|nie wysyla\w*|wypis\w*|rezygn\w*|usun\w*|koniec)\b"
)
_PLAIN_LETTERS = str.maketrans({"ł": "l", "œ": "oe", "æ": "ae", "ß": "ss"})


class Stop(StrEnum):
    """What an answer says about being written to again; `REVIEW` is proposed to a person and taken as nothing."""

    NO = ""
    STOP = "stop"
    REVIEW = "review"


def stop_of(text: str) -> Stop:
    """What an answer says, whatever its case, accents, dots and spaces."""
    words = _words(text)
    if words and all(one in WORDS or one in BESIDE or one.isdecimal() for one in words):
        said = [one for one in words if one in WORDS]
        if said:
            return Stop.STOP
    return Stop.REVIEW if _COUSINS.search(" ".join(words)) else Stop.NO


def _words(text: str) -> list[str]:
    """Its words in plain small letters; letters that stand alone are one word: `S.T.O.P.` is `stop`."""
    bare = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN_LETTERS)
    letters = "".join(one for one in bare if not unicodedata.combining(one))
    spelt = re.sub(
        r"\b(?:[^\W\d_][\W_]+){2,}[^\W\d_]\b", lambda found: re.sub(r"[\W_]+", "", found[0]), letters
    )
    joined = spelt.replace("opt out", "optout").replace("opt-out", "optout")
    return re.findall(r"[^\W\d_]+|\d+", joined)
