import time

import pytest

from smscampaign.limits import (
    LARGEST,
    TooLarge,
    check_format,
    check_product,
    check_sizes,
    short_range,
    sized,
)


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [
        ("*", "ab", LARGEST // 2),
        ("*", LARGEST, "a"),
        ("*", [1], LARGEST),
        ("*", "a", -(10**12)),
        ("*", 6, 7),
        ("*", 2.5, 10**6),
        ("**", 2, 4_000),
        ("**", 2, -4_000),
        ("**", 2.0, 10**6),
        ("%", 10**9, 7),
        ("%", "%d points, 20% off", 12_345),
        ("%", "%-10s|%08.3f", ("a", 1.5)),
    ],
)
def test_products_of_reasonable_size_pass(operator: str, left: object, right: object) -> None:
    check_product(operator, left, right)


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [
        ("*", "ab", LARGEST // 2 + 1),
        ("*", LARGEST + 1, "a"),
        ("*", (1, 2), 10**12),
        ("*", 1 << LARGEST, 2),
        ("**", 2, LARGEST),
        ("**", 10, 10**10),
        ("%", "%99999d", 1),
        ("%", "%-099999d", 1),
        ("%", "%.99999f", 1),
        ("%", "%(a)99999d", {"a": 1}),
        ("%", "%*d", (10**9, 1)),
    ],
)
def test_products_beyond_reason_are_refused_before_they_are_worked_out(
    operator: str, left: object, right: object
) -> None:
    begun = time.thread_time()  # the work it makes, whatever else the machine does meanwhile
    with pytest.raises(TooLarge):
        check_product(operator, left, right)
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize("text", ["Hi {}: {}", "Code: 75001 {}", "{:>10} {:.2f}", "100% 7 {0}", 5, None])
def test_formats_with_ordinary_widths_pass(text: object) -> None:
    check_format(text)


@pytest.mark.parametrize("text", ["{:99999}", "{:>99999}", "{0:.99999f}", "{:{}}", "{a:{b}}"])
def test_formats_with_wide_or_borrowed_widths_are_refused(text: str) -> None:
    with pytest.raises(TooLarge, match="width"):
        check_format(text)


def test_sizes_end_at_the_largest() -> None:
    check_sizes((LARGEST, "x" * 20_000, -LARGEST), {"width": LARGEST})
    for args, kwargs in [((LARGEST + 1,), {}), ((-LARGEST - 1,), {}), ((), {"width": LARGEST + 1})]:
        with pytest.raises(TooLarge, match="10,000"):
            check_sizes(args, kwargs)


def test_ranges_end_at_a_thousand() -> None:
    assert list(short_range(2, 8, 3)) == [2, 5]
    assert len(short_range(1_000)) == 1_000
    with pytest.raises(TooLarge):
        short_range(1_001)


def test_a_sized_function_is_checked_beyond_its_first_argument() -> None:
    centred = sized(str.center)
    assert centred("a", 3) == " a "
    assert sized(abs)(-10 * LARGEST) == 10 * LARGEST
    with pytest.raises(TooLarge):
        centred("a", LARGEST + 1)
