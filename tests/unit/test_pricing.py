"""Costs in exact decimals, and a cache that can be lost but never lies."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.errors import GatewayProblem
from smscampaign.model import CountryCount
from smscampaign.packs import Packs
from smscampaign.pricing import Forecast, RateCache, forecast

FR, PL = CountryCount("FR", 10, 13), CountryCount("PL", 3, 3)
RATES = {"FR": Decimal(1), "PL": Decimal("0.4"), "DE": Decimal("1.3")}


def test_a_forecast_multiplies_parts_by_rates():
    found = forecast((FR, PL), RATES)
    assert found == Forecast(Decimal("14.2"), {"FR": Decimal(13), "PL": Decimal("1.2")}, ())
    assert found.complete


def test_an_unknown_rate_is_named_and_never_guessed():
    found = forecast((FR, PL), {"PL": Decimal("0.4")})
    assert (found.credits, found.unknown, found.complete) == (Decimal("1.2"), ("FR",), False)


def test_nothing_costs_nothing():
    assert forecast((), {}) == Forecast(Decimal(0), {}, ())


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), max_size=20))
def test_a_forecast_is_exact(lot):
    countries = [CountryCount(f"X{n}", 1, parts) for n, (parts, _) in enumerate(lot)]
    rates = {f"X{n}": Decimal(millionths) / 10**6 for n, (_, millionths) in enumerate(lot)}
    assert forecast(countries, rates).credits * 10**6 == sum(parts * rate for parts, rate in lot)


@pytest.fixture
def cache(tmp_path):
    return RateCache(tmp_path / "deep" / "rates.json")


def test_rates_are_remembered_by_gateway(cache):
    assert cache.learn("ovh-eu", ["FR", "PL"], RATES.get) == {"FR": Decimal(1), "PL": Decimal("0.4")}
    cache.learn("sandbox", ["FR"], lambda _: Decimal(7))
    cache.learn("ovh-eu", ["DE"], RATES.get)
    again = RateCache(cache.path)
    assert again.known("ovh-eu") == RATES
    assert again.known("sandbox") == {"FR": Decimal(7)}
    assert again.known("elsewhere") == {}
    assert [one.name for one in cache.path.parent.iterdir()] == ["rates.json"]


def test_a_rate_that_changed_is_replaced(cache):
    cache.learn("ovh-eu", ["FR"], RATES.get)
    cache.learn("ovh-eu", ["FR"], lambda _: Decimal("1.1"))
    assert cache.known("ovh-eu") == {"FR": Decimal("1.1")}


def test_a_country_without_a_rate_is_not_learned(cache):
    assert cache.learn("ovh-eu", ["XX"], RATES.get) == {}
    assert not cache.path.exists()


def test_what_stops_the_asking_is_told_and_nothing_is_lost(cache):
    cache.learn("ovh-eu", ["FR"], RATES.get)

    def fetch(country):
        raise GatewayProblem("gone")

    with pytest.raises(GatewayProblem):
        cache.learn("ovh-eu", ["PL"], fetch)
    assert cache.known("ovh-eu") == {"FR": Decimal(1)}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"ovh-eu": []}',
        '{"ovh-eu": {"FR": "one"}}',
        '{"ovh-eu": {"FR": []}}',
        '{"ovh-eu": 1}',
        '{"ovh-eu": {"FR": "NaN"}}',
        '{"ovh-eu": {"FR": "Infinity"}}',
    ],
)
def test_a_damaged_cache_is_an_empty_one_and_can_be_written_again(cache, content):
    cache.path.parent.mkdir()
    cache.path.write_text(content)
    assert cache.known("ovh-eu") == {}
    cache.learn("ovh-eu", ["FR"], RATES.get)
    assert cache.known("ovh-eu") == {"FR": Decimal(1)}


def test_bytes_that_are_no_text_are_an_empty_cache(cache):
    cache.path.parent.mkdir()
    cache.path.write_bytes(b"\xff\xfe\xff")
    assert cache.known("ovh-eu") == {}
    assert cache.learn("ovh-eu", ["FR"], RATES.get)


def test_a_cache_that_cannot_be_written_costs_only_the_next_question(tmp_path):
    (tmp_path / "file").write_text("")
    cache = RateCache(tmp_path / "file" / "rates.json")
    assert cache.learn("ovh-eu", ["FR"], RATES.get) == {"FR": Decimal(1)}
    assert cache.known("ovh-eu") == {}


def test_the_cache_stands_in_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert RateCache().path == Path(tmp_path) / "smscampaign" / "rates.json"
    RateCache().learn("ovh-eu", ["PL"], RATES.get)
    assert json.loads((tmp_path / "smscampaign" / "rates.json").read_text()) == {"ovh-eu": {"PL": "0.4"}}


TIERS = (
    (Decimal(100), Decimal("0.065")),
    (Decimal(1000), Decimal("0.06175")),
    (Decimal(10_000), Decimal("0.0585")),
)
PACKS = Packs("FR", "EUR", date(2026, 11, 29), TIERS, made_up=False)


@pytest.mark.parametrize(
    ("credits", "each", "cost"),
    [
        ("0.4", "0.065", "0.03"),
        ("99", "0.065", "6.44"),  # to the cent, a half upwards: 6.435
        ("999.9", "0.065", "64.99"),
        ("1000", "0.06175", "61.75"),
        ("10000", "0.0585", "585.00"),
        ("1234567", "0.0585", "72222.17"),
    ],
)
def test_money_is_by_the_pack_that_so_many_credits_are_bought_in(credits, each, cost):
    assert (PACKS.each(Decimal(credits)), PACKS.cost(Decimal(credits))) == (Decimal(each), Decimal(cost))


def test_money_is_told_with_its_day_and_its_source():
    assert PACKS.words(Decimal(1_234_567)) == (
        "about 72 222.17 EUR before tax, at 0.0585 EUR a credit: OVHcloud's packs for accounts in FR, asked on 2026-11-29"
    )


def test_packs_are_remembered_by_gateway_and_the_last_answer_counts(cache):
    cache.learn("ovh-eu", ["FR"], RATES.get)
    cache.learn_packs("sandbox", None)
    cache.learn_packs("ovh-eu", PACKS)
    again, bill = RateCache(cache.path), forecast((FR,), RATES)
    assert (again.packs("ovh-eu"), again.packs("sandbox")) == (PACKS, None)
    assert again.known("ovh-eu") == {"FR": Decimal(1)}
    assert again.packs_for(bill, "ovh-eu") == PACKS
    assert again.packs_for(forecast((FR, PL), {"FR": Decimal(1)}), "ovh-eu") is None
    assert again.packs_for(forecast((), {}), "ovh-eu") is None
    cache.learn("ovh-eu", ["PL"], RATES.get)
    assert again.packs("ovh-eu") == PACKS
    cache.learn_packs("ovh-eu", None)  # other keys, whose country is not known
    assert again.packs("ovh-eu") is None


@pytest.mark.parametrize(
    "kept",
    ["[]", "7", '{"ovh-eu": 7}', '{"ovh-eu": {"country": "FR"}}', '{"ovh-eu": {"prices": [["1", "NaN"]]}}'],
)
def test_damaged_packs_are_none(cache, kept):
    cache.path.parent.mkdir()
    cache.path.write_text(f'{{"packs": {kept}}}', "utf-8")
    assert cache.packs("ovh-eu") is None
    cache.learn_packs("ovh-eu", PACKS)
    assert cache.packs("ovh-eu") == PACKS
