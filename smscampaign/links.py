"""What a text holds that leads somewhere: links, bare hosts, phone numbers.

OVHcloud refuses "contact information" in a text from a short number. Its guide for PHP shows a bare host that is taken
(`api.ovh.com`), so that a host counts as less than a link.
Source: https://github.com/ovh/docs, pages/web_cloud/messaging/sms/envoyer_des_sms_avec_lapi_ovh_en_php.
"""

from __future__ import annotations

import re

# Endings that exist: those people write most, of some 1 400 in https://data.iana.org/TLD/tlds-alpha-by-domain.txt.
_ENDINGS = (
    "com|net|org|info|biz|name|pro|io|app|dev|ai|co|me|tv|shop|store|online|site|link|click|page|club|live|cloud|email|paris|bzh"
    "|alsace|corsica|fr|re|gp|gf|mq|yt|nc|pf|eu|be|ch|lu|mc|de|at|es|cat|pt|it|nl|uk|ie|pl|cz|sk|hu|ro|bg|gr|dk|se|no|fi|ee|lv"
    "|lt|ma|tn|dz|sn|ci|cm|ca|us|br|mx|au|nz|jp|cn|in"
)
#: A link as it stands.
LINK = re.compile(r"https?://\S+|\bwww\.[^\s.]\S*", re.IGNORECASE)


def _host(letters: str, endings: str) -> str:
    label = rf"[{letters}0-9](?:[{letters}0-9-]*[{letters}0-9])?"
    return rf"(?<![\w.-])(?:{label}\.)+(?:{endings})(?![\w-]|\.\w)(?:/\S*)?"


#: A host without a scheme, its ending one that exists. In small letters, or all in capitals: “M.De Vries” and “12 rue.De”
#: lack a space and lead nowhere.
HOST = re.compile(f"{_host('a-z', _ENDINGS)}|{_host('A-Z', _ENDINGS.upper())}")
#: A phone number, as people in France write theirs (a short number writes to nobody else), or with its country code.
PHONE = re.compile(
    r"(?<![\w+.,-])(?:0[1-9](?P<gap>[ .\u00a0\u202f-]?)\d\d(?:(?P=gap)\d\d){3}"
    r"|(?:\+|00)[1-9](?:[ .()\u00a0\u202f-]{0,3}\d){8,13})(?![\w-]|[.,]\d)"
)


def link(text: str) -> str | None:
    """The first link or host of a text, without the signs of the sentence around it."""
    found = LINK.search(text) or HOST.search(text)
    return found.group().rstrip(".,;:!?)") if found else None
