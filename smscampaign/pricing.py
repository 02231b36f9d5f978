"""What a plan costs in credits: parts times what OVHcloud charges for one part to the destination. Never a guess.

Rates come from `GET /sms/rates/destinations` (no keys needed) and are kept in a small file, so that a dry run knows them
without a network. What OVHcloud has published stands in until somebody has asked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import platformdirs

from smscampaign.model import CountryCount

if TYPE_CHECKING:
    from smscampaign.packs import Packs

#: Credits for one part that OVHcloud has published for French accounts, and when.
#: Source: https://github.com/ovh/docs, pages/telecom/sms/activer_la_recharge_automatique_du_credit_sms/guide.fr-fr.md.
PUBLISHED = {"FR": Decimal(1), "IN": Decimal("0.4")}
PUBLISHED_ON = date(2022, 8, 29)

#: Beside the gateways in the cache: what was answered last about packs, by gateway.
_PACKS = "packs"


class Forecast(NamedTuple):
    """Credits for the destinations whose rate is known, and the destinations whose rate is not."""

    credits: Decimal
    by_country: dict[str, Decimal]
    unknown: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether `credits` is the whole bill."""
        return not self.unknown


def forecast(countries: Collection[CountryCount], rates: Mapping[str, Decimal]) -> Forecast:
    """The bill of a plan; in Decimal, because OVHcloud's rates are fractions such as 0.4."""
    priced = {one.country: one.parts * rates[one.country] for one in countries if one.country in rates}
    unknown = tuple(one.country for one in countries if one.country not in rates)
    return Forecast(sum(priced.values(), Decimal(0)), priced, unknown)


def known_words(forecast: Forecast, credits: str, *, published: bool) -> str:
    """What is known of a bill, whose `credits` are given as people read them; `published` are prices nobody asked for."""
    lacking = ", ".join(forecast.unknown)
    if not (forecast.complete or forecast.by_country):
        return f"not known for {lacking}"
    if forecast.complete:
        return (
            f"{credits} in all, by the prices published on {PUBLISHED_ON}"
            if published
            else f"{credits} in all"
        )
    if published:
        return f"{credits} by the prices published on {PUBLISHED_ON}, without {lacking}, whose price is not known"
    return f"{credits} without {lacking}, whose price is not known"


class RateCache:
    """Rates by gateway and country, in a file of their own; a damaged or missing file is an empty one."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(platformdirs.user_cache_dir("smscampaign")) / "rates.json"

    def known(self, gateway: str) -> dict[str, Decimal]:
        """What is remembered of a gateway."""
        try:
            stored = json.loads(self.path.read_text("utf-8"))[gateway]
            rates = {country: Decimal(rate) for country, rate in stored.items()}
            return rates if all(map(Decimal.is_finite, rates.values())) else {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation):
            return {}

    def expected(self, gateway: str) -> dict[str, Decimal]:
        """What is remembered of a gateway, and for OVHcloud's own what it has published of the rest: for a look, no bill."""
        return (PUBLISHED if gateway.startswith("ovh-") else {}) | self.known(gateway)

    def as_published(self, gateway: str, countries: Iterable[str]) -> tuple[str, ...]:
        """Those of the countries whose expected rate is only a published one."""
        known = self.known(gateway)
        return tuple(one for one in countries if one not in known and one in self.expected(gateway))

    def learn(
        self, gateway: str, countries: Iterable[str], fetch: Callable[[str], Decimal | None]
    ) -> dict[str, Decimal]:
        """The rates of `countries`, asked for afresh and remembered beside what was known."""
        fresh = {country: rate for country in countries if (rate := fetch(country)) is not None}
        if fresh:
            self._keep(gateway, self.known(gateway) | fresh)
        return fresh

    def packs(self, gateway: str) -> Packs | None:
        """What credits cost there, by the last answer; None where nobody asked, or where it is not known."""
        kept = self._read_all().get(_PACKS)
        if not isinstance(kept, dict) or not kept.get(gateway):
            return None
        from smscampaign.packs import Packs  # a plain rehearsal has none

        try:
            return Packs.of_json(kept[gateway])
        except (ValueError, TypeError, LookupError, ArithmeticError):
            return None

    def packs_for(self, forecast: Forecast, gateway: str) -> Packs | None:
        """What credits cost, where a forecast is the whole bill and somebody has asked."""
        return self.packs(gateway) if forecast.complete and forecast.credits else None

    def learn_packs(self, gateway: str, found: Packs | None) -> None:
        """Remember what credits cost. That it is not known is remembered too: the answer before may be another account's."""
        kept = self._read_all().get(_PACKS)
        others = kept if isinstance(kept, dict) else {}
        if found is not None or gateway in others:
            self._write(_PACKS, {**others, gateway: found.as_json() if found else None})

    def _keep(self, gateway: str, rates: dict[str, Decimal]) -> None:
        self._write(gateway, {country: str(rate) for country, rate in sorted(rates.items())})

    def _write(self, name: str, value: dict[str, Any]) -> None:
        everything = self._read_all()
        everything[name] = value
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(f".{os.getpid()}.tmp")
            beside.write_text(json.dumps(everything, indent=1), "utf-8")
            beside.replace(self.path)
        except OSError:
            return  # a cache that cannot be written costs a question next time, nothing else

    def _read_all(self) -> dict[str, Any]:
        try:
            stored = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return stored if isinstance(stored, dict) else {}
