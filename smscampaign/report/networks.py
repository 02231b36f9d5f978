"""What the codes of mobile networks stand for: MCC and MNC together, as receipts name them (`20801`).

The common networks of the countries that campaigns go to most, as of April 2023, by https://github.com/pbakondy/mcc-mnc-list
(commit 97bc165), which takes them from Wikipedia's list of ITU-T E.212 codes. A code says which network got the message;
numbers are ported, so that it says nothing of whom the number was given to.
"""

from __future__ import annotations

from smscampaign.languages import mark
from smscampaign.translation import told

_NAMES = {
    "FR": {
        "20801": "Orange",
        "20802": "Orange",
        "20809": "SFR",
        "20810": "SFR",
        "20811": "SFR",
        "20813": "SFR",
        "20815": "Free",
        "20816": "Free",
        "20820": "Bouygues",
        "20825": "Lycamobile",
        "20826": "NRJ Mobile",
        "20835": "Free",
        "20836": "Free",
        "20838": "Lebara",
        "20888": "Bouygues",
    },
    "GP": {"34001": "Orange", "34002": "SFR Caraïbe", "34020": "Digicel"},
    "RE": {"64700": "Orange", "64702": "Only", "64703": "Free", "64710": "SFR Réunion"},
    "BE": {
        "20601": "Proximus",
        "20605": "Telenet",
        "20606": "Lycamobile",
        "20610": "Orange",
        "20620": "Base",
    },
    "CH": {"22801": "Swisscom", "22802": "Sunrise", "22803": "Salt"},
    "LU": {"27001": "POST", "27077": "Tango", "27099": "Orange"},
    "PL": {
        "26001": "Plus",
        "26002": "T-Mobile",
        "26003": "Orange",
        "26006": "Play",
        "26045": "Virgin Mobile",
    },
    "DE": {"26201": "Telekom", "26202": "Vodafone", "26203": "O2", "26209": "Vodafone", "26223": "1&1"},
    "GB": {"23410": "O2", "23415": "Vodafone", "23420": "3", "23430": "EE", "23433": "EE", "23434": "EE"},
    "ES": {"21401": "Vodafone", "21403": "Orange", "21404": "Yoigo", "21407": "Movistar"},
    "IT": {"22201": "TIM", "22210": "Vodafone", "22250": "Iliad", "22288": "WINDTRE", "22299": "WINDTRE"},
    "NL": {"20404": "Vodafone", "20408": "KPN", "20416": "T-Mobile", "20420": "T-Mobile"},
    "PT": {"26801": "Vodafone", "26803": "NOS", "26806": "MEO"},
    "AT": {"23201": "A1", "23203": "Magenta", "23205": "3"},
}
_BY_CODE = {code: f"{name} ({country})" for country, names in _NAMES.items() for code, name in names.items()}


def network(code: str) -> str:
    """A network by its code: `Orange (FR)`. A code that is not known is answered as it is."""
    return _BY_CODE.get(code, code) if code else told(mark("not told"))
