"""The hours of commercial messages in France."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays

from smscampaign.compliance import leaves_at, may_be_holiday

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("handed_over", "leaves"),
    [
        ("2026-03-02T08:00", "2026-03-02T08:00"),
        ("2026-03-02T19:59", "2026-03-02T19:59"),
        ("2026-03-02T20:00", "2026-03-03T08:00"),
        ("2026-03-02T07:59", "2026-03-02T08:00"),
        ("2026-03-07T21:00", "2026-03-09T08:00"),  # Saturday evening: Monday
        ("2026-03-08T12:00", "2026-03-09T08:00"),  # Sunday
        ("2026-05-01T12:00", "2026-05-02T08:00"),  # Labour Day, a Friday
        ("2026-05-23T21:00", "2026-05-26T08:00"),  # the Saturday before Whit Monday
        ("2026-10-24T21:00", "2026-10-26T08:00"),  # over the change to winter time
    ],
)
def test_opening_hours(handed_over, leaves):
    moment = datetime.fromisoformat(handed_over).replace(tzinfo=PARIS)
    assert leaves_at(moment) == datetime.fromisoformat(leaves).replace(tzinfo=PARIS)


def test_the_moment_may_be_told_in_any_zone():
    moment = datetime(2026, 3, 2, 21, 30, tzinfo=ZoneInfo("America/New_York"))  # 03:30 in Paris
    assert leaves_at(moment) == datetime(2026, 3, 3, 8, tzinfo=PARIS)


def test_no_holiday_falls_on_a_day_of_which_the_calendar_is_not_asked():
    for year in range(1990, 2101):
        assert [day for day in country_holidays("FR", years=year) if not may_be_holiday(day)] == []
