"""Numbers as they were before a country changed its numbering plan, and what they are today.

A change is `sure` where every old number became exactly one new one, whoever had it, so that it may be applied; else it is a
guess, and only told. Each with its source; numbers here are national ones, without their country code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import phonenumbers

from smscampaign.countries import CountryName
from smscampaign.languages import say
from smscampaign.model import Reason, Recipient
from smscampaign.phone.reading import read
from smscampaign.phone.regions import REGIONS
from smscampaign.phone.repairs import Habits, bare, is_spelled_plainly, may_be_elsewhere


class Change(NamedTuple):
    """One change of a country's plan: `old` numbers, and what each of them is `today`."""

    code: str
    old: re.Pattern[str]
    today: Callable[[re.Match[str]], str]
    year: int
    sure: bool


def _ivorian(found: re.Match[str]) -> str:
    """By the old second digit: Moov 0 to 3, MTN 4 to 6, Orange 7 to 9."""
    second = int(found[0][1])
    return f"{'01' if second < 4 else '05' if second < 7 else '07'}{found[0]}"


CHANGES = (
    # 3 August 2019: mobiles are dialled like landlines, without 044 or 045, and from abroad without the 1 behind 52.
    # Source: Instituto Federal de Telecomunicaciones; https://github.com/google/libphonenumber/pull/2693.
    Change("52", re.compile(r"(?:1|044|045)([2-9]\d{9})"), lambda found: found[1], 2019, sure=True),
    # 30 November 2024: 01 before each number of eight digits, whatever the operator.
    # Source: ARCEP Bénin; https://fr.allafrica.com/stories/202411300249.html.
    Change("229", re.compile(r"[2-9]\d{7}"), lambda found: f"01{found[0]}", 2024, sure=True),
    # 31 January 2021: 01 (Moov), 05 (MTN) or 07 (Orange) before a mobile number of eight digits, by its operator.
    # Source: ARTCI; https://newsgeek.ci/2020/07/28/telephonie-la-cote-divoire-bascule-a-10-chiffres-a-partir-du-31-janvier-2021.
    # Who had which numbers, and who took his along to another operator, makes it a guess.
    Change("225", re.compile(r"[04-9]\d{7}"), _ivorian, 2021, sure=False),
    # 2012 to 6 November 2016, area by area: a 9 before mobile numbers of eight digits. Source: Anatel, resolution 553/2010.
    # Some networks kept eight digits.
    Change(
        "55", re.compile(r"([1-9]{2})([6-9]\d{7})"), lambda found: f"{found[1]}9{found[2]}", 2016, sure=False
    ),
    # From abroad a mobile has a 9 behind 54, and without it the digits may be a landline.
    # Source: https://github.com/google/libphonenumber/blob/master/FAQ.md, on Argentina.
    Change("54", re.compile(r"[1-8]\d{9}"), lambda found: f"9{found[0]}", 1999, sure=False),
)

CODES = frozenset(change.code for change in CHANGES)
"""The country codes behind which a number may be an old one."""


def today(code: str, national: str) -> tuple[str, Change] | None:
    """What an old number is today, with its country code, and by which change; None for what is no such number."""
    for change in CHANGES:
        if change.code == code and (found := change.old.fullmatch(national)):
            return f"+{code}{change.today(found)}", change
    return None


# Country codes leave each other alone (no code is the beginning of another), so three digits always name one.
CODE_OF = {
    str(code) + rest: code
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    if regions[0] in REGIONS
    for rest in map("".join, product("0123456789", repeat=3 - len(str(code))))
}


def of(digits: str, habits: Habits) -> tuple[str, Change] | None:
    """What an old number is today, and by which change of a plan; for digits with or without their country code."""
    at = habits.abroad(digits)
    code = CODE_OF.get(digits[at : at + 3], 0) if at else int(habits.code)
    if str(code) not in CODES:
        return None
    if at:
        return today(str(code), digits[at + len(str(code)) :])
    bare_code = today(habits.code, digits[len(habits.code) :]) if digits.startswith(habits.code) else None
    return today(habits.code, digits) or bare_code


def suggestion(text: str, reason: Reason, habits: Habits) -> str:
    """What an old number in a refused cell would be today, where that is a guess; empty for any other."""
    if not may_be_elsewhere(reason) or not is_spelled_plainly(text.lstrip("+＋")):
        return ""
    old = of(bare(text), habits)
    now = read(old[0], habits.region) if old else None
    if old is None or not isinstance(now, Recipient):
        return ""
    return say(
        "Numbers in {place} have changed (by {year}): today it would be {number}, if it is a mobile.",
        place=CountryName(now.country),
        year=old[1].year,
        number=now.msisdn,
    )
