import time

import pytest

from smscampaign.message.limits import (
    LARGEST,
    TooLarge,
    Work,
    check_format,
    check_operation,
    size,
)


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [
        ("*", "ab", LARGEST // 2),
        ("*", LARGEST, "a"),
        ("*", [""], LARGEST),
        ("+", "a" * (LARGEST // 2), "a" * (LARGEST // 2)),
        ("*", "a", -(10**12)),
        ("*", 6, 7),
        ("*", 2.5, 10**6),
        ("%", 10**9, 7),
        ("%", "%d points, 20% off", 12_345),
        ("%", "%-10s|%08.3f", ("a", 1.5)),
    ],
)
def test_products_of_reasonable_size_pass(operator: str, left: object, right: object) -> None:
    check_operation(operator, left, right)


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [
        ("*", "ab", LARGEST // 2 + 1),
        ("*", LARGEST + 1, "a"),
        ("*", (1, 2), 10**12),
        ("*", (1 << LARGEST) - 1, 2),
        ("+", "a" * LARGEST, "a"),
        ("+", [1] * 9_000, [1] * 9_000),
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
        check_operation(operator, left, right)
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize("text", ["Hi {}: {}", "Code: 75001 {}", "{:>10} {:.2f}", "100% 7 {0}", 5, None])
def test_formats_with_ordinary_widths_pass(text: object) -> None:
    check_format(text)


@pytest.mark.parametrize("text", ["{:99999}", "{:>99999}", "{0:.99999f}", "{:{}}", "{a:{b}}"])
def test_formats_with_wide_or_borrowed_widths_are_refused(text: str) -> None:
    with pytest.raises(TooLarge, match="width"):
        check_format(text)


@pytest.mark.parametrize("text", ["{" + ":" * 100_000, "%(" * 50_000, "{a:}" * 30_000, "%" * 100_000])
def test_formats_are_looked_through_in_linear_time(text: str) -> None:
    begun = time.thread_time()
    check_format(text)
    assert time.thread_time() - begun < 20


def test_a_size_counts_what_is_inside_and_stops_where_it_is_too_much() -> None:
    assert size(["ab", {"c": 3}, None]) == 3 + 6 + 1
    doubled: list[object] = ["a"]
    for _ in range(7):
        doubled = [doubled] * 8
    with pytest.raises(TooLarge, match="10,000"):
        size(doubled)
    with pytest.raises(TooLarge, match="deeply"):
        size([[[[[[[[[["a"]]]]]]]]]])


def test_work_ends_at_the_same_amount_for_every_text() -> None:
    work = Work()
    for _ in range(3):
        work.begin()
        for _ in range(1_000):
            work.operation("+", "a" * 980, "")
        with pytest.raises(TooLarge, match="endless"):
            work.operation("+", "a", "")
    work.begin()
    assert work.items(iter("abc"), 5) == ["a", "b", "c"]
    with pytest.raises(TooLarge):
        work.items("a" * 5_000, 5)


def test_a_watched_function_is_held_to_its_bounds_before_and_after() -> None:
    work = Work()
    assert work.watched("center", str.center)("a", 3) == " a "
    assert work.watched("upper", "a".upper, "a")() == "A"
    for name, function, given in [
        ("center", str.center, ("a", LARGEST + 1)),
        ("replace", str.replace, ("a" * 101, "a", "b" * 100)),
        ("replace", str.replace, ("a" * 101, "", "b" * 100)),
        ("join", str.join, ("a" * 101, ["b"] * 100)),
        ("join", lambda items, sign: sign.join(items), (iter("a" * 101), "b" * 100)),
        ("format", str.format, ("{:99999}", 1)),
        ("format", str.format, ("{0}" * 101, "b" * 100)),
        ("whatever", lambda text: text * 2, ("a" * 5_001,)),
        ("whatever", str.upper, ("a" * 10_001,)),
    ]:
        with pytest.raises(TooLarge):
            work.watched(name, function)(*given)
