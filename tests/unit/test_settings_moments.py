"""When a campaign is to leave, as people write it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.countries import zone_of
from smscampaign.settings.moments import moment_of

PARIS = ZoneInfo("Europe/Paris")


def now(zone: ZoneInfo) -> datetime:
    """The last evening before the clocks go back."""
    return datetime(2026, 10, 24, 23, 30, tzinfo=UTC).astimezone(zone)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-03-06T10:00+01:00", "2027-03-06T10:00:00+01:00"),
        ("2027-03-06 10:00", "2027-03-06T10:00:00+01:00"),
        ("2027-07-06 10:00:30", "2027-07-06T10:00:30+02:00"),
        (datetime(2027, 3, 6, 10), "2027-03-06T10:00:00+01:00"),  # noqa: DTZ001 - as TOML gives it
        ("today 18:00", "2026-10-25T18:00:00+01:00"),  # it is the 25th in Paris, and winter by then
        ("tomorrow 10:00", "2026-10-26T10:00:00+01:00"),
        (" Tomorrow at 9:05 ", "2026-10-26T09:05:00+01:00"),
        ("demain à 9h", "2026-10-26T09:00:00+01:00"),
        ("aujourd’hui 18h30", "2026-10-25T18:30:00+01:00"),
        ("jutro o 7:00", "2026-10-26T07:00:00+01:00"),
        ("le lundi 10h", "2026-10-26T10:00:00+01:00"),
        ("lundi 10h", "2026-10-26T10:00:00+01:00"),
        ("Saturday at 9:30", "2026-10-31T09:30:00+01:00"),
        ("poniedziałek o 8:00", "2026-10-26T08:00:00+01:00"),
        ("w środę 8:00", "2026-10-28T08:00:00+01:00"),
        ("sunday 0:15", "2026-11-01T00:15:00+01:00"),  # it is Sunday, and that hour has passed
        ("30/11/2026 10:00", "2026-11-30T10:00:00+01:00"),
        ("5.6.2027 à 9h", "2027-06-05T09:00:00+02:00"),
        ("5-6-2027, 18h30", "2027-06-05T18:30:00+02:00"),
    ],
)
def test_a_moment_is_in_the_time_of_the_campaigns_country(written, meant):
    moment = moment_of(written, lambda: PARIS, region="FR", now=now)
    assert isinstance(moment, datetime)
    assert moment.isoformat() == meant


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("soon", "not a date and a time"),
        (5, "not a date and a time"),
        ("tomorrow", "not a date and a time"),
        ("tomorrow 25:00", "not a time of day"),
        ("2027-03-06", "the time of day is missing"),
        (date(2027, 3, 6), "the time of day is missing"),
        ("someday 10:00", "not a date and a time"),
        ("sunday 10:00", "this may be 2026-10-25 or 2026-11-01"),  # it is Sunday, a little after midnight
        ("30/2/2027 10:00", "there is no such day"),
        ("30/11/2026", "the time of day is missing"),
        ("5/6/2027 10:00", "this may be 2027-05-06 or 2027-06-05"),  # no region says which
    ],
)
def test_what_is_no_moment(written, why):
    with pytest.raises(ValueError, match=why):
        moment_of(written, lambda: PARIS, now=now)


@pytest.mark.parametrize(
    ("written", "region", "meant"),
    [
        ("5/6/2027 10:00", "US", "2027-05-06"),
        ("5/6/2027 10:00", "GB", "2027-06-05"),
        ("30/6/2027 10:00", "US", "2027-06-30"),
        ("6/30/2027 10:00", "FR", "2027-06-30"),
        ("30/6/2027 10:00", "", "2027-06-30"),
    ],
)
def test_a_day_in_digits_is_read_as_in_the_campaigns_country(written, region, meant):
    moment = moment_of(written, lambda: PARIS, region=region, now=now)
    assert isinstance(moment, datetime)
    assert moment.date().isoformat() == meant


@pytest.mark.parametrize("written", ["tomorrow 10:00", "2027-03-06 10:00"])
def test_a_country_with_several_zones_does_not_say_which(written):
    with pytest.raises(ValueError, match="the time zone is missing"):
        moment_of(written, lambda: zone_of("US"))
    assert moment_of("2027-03-06T10:00Z", lambda: None) == datetime(2027, 3, 6, 10, tzinfo=UTC)


def test_countries_with_one_zone_or_a_mainland():
    found = {
        code: zone.key if (zone := zone_of(code)) else None
        for code in ("FR", "PL", "ES", "RE", "US", "", "ZZ")
    }
    assert found == {
        "FR": "Europe/Paris",
        "PL": "Europe/Warsaw",
        "ES": "Europe/Madrid",
        "RE": "Indian/Reunion",
        "US": None,
        "": None,
        "ZZ": None,
    }


@given(st.text(max_size=30))
def test_any_text_is_a_moment_with_its_zone_or_an_error_in_words(text):
    moment = None
    with suppress(ValueError):  # anything else would fail the test
        moment = moment_of(text, lambda: PARIS)
    assert moment is None or (isinstance(moment, datetime) and moment.tzinfo is not None)
