"""Every construct of Jinja2's language, with what loops, recurses and doubles: bounded, or refused with a sentence.

All of them run in one process of its own with limits on time and memory, so that one that hangs is a failure and no hang.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2.filters import FILTERS as JINJA_FILTERS

from smscampaign.errors import TemplateProblem
from smscampaign.message.language import FILTERS
from smscampaign.message.limits import LARGEST
from smscampaign.message.template import Unrendered, compile_template

HEADER = ("name", "note", "amount", "many")
#: An ordinary row, one with a cell as long as a CSV file allows, and one with as many items.
ROWS = (
    ("Ann", "Hello", "10", "a,b,c"),
    ("Ann", "ab <&%" * 20_000, "9" * 4_000, "a," * 60_000),
    ("A " * 4_999, "x" * 9_999, "1e308", "," * 9_999),
)
SECONDS, MEGABYTES = 1.0, 50

DOUBLED = "{% set x = note %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}"
BOUNDED = {
    # Loops.
    "loop over a range": "{% for n in range(10**9) %}{{ n }}{% endfor %}",
    "loop over a range that prints nothing": "{% for n in range(999999999) %}{% endfor %}x",
    "loops in loops": "{% for a in note %}{% for b in note %}{% for c in note %}{{ c }}{% endfor %}{% endfor %}{% endfor %}",
    "loops in loops that print nothing": "{% for a in note %}{% for b in note %}{% f"
    "or c in note %}{% set y = c %}{% endfor %}"
    "{% endfor %}{% endfor %}x",
    "loops after loops": "{% for a in note %}{{ a }}{% endfor %}" * 300,
    "a loop with a long body": "{% for a in note %}"
    + "{{ a|upper }}{% if a == note %}x{% endif %}" * 300
    + "{% endfor %}",
    "a loop of filters": "{% for a in note %}{{ note|replace('a', 'b')|title }}{% endfor %}",
    "a loop of comparisons": "{% for a in note %}{% if note ~ a == note %}x{% endif %}{% endfor %}x",
    "a loop of searches": "{% for a in note %}{% if 'x' * 50 ~ 'y' in note %}x{% endif %}{% endfor %}x",
    "a loop over a list": "{% for a in many.split(',') %}{{ a }};{% endfor %}",
    "a loop over a list in a loop": "{% for a in many.split(',') %}{% for b in many"
    ".split(',') %}{{ a }}{% endfor %}{% endfor %}",
    "a loop with a condition": "{% for a in note if a == 'x' and a in note %}{{ a }}{% else %}-{% endfor %}",
    "a recursive loop": "{% for a in note recursive %}{{ loop(note) }}{% endfor %}",
    "a loop that names itself": "{% for a in [note] recursive %}{{ loop([a]) }}{% endfor %}",
    "a cycle": "{% for a in note %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "a doubling loop": "{% set x = note %}{% for a in note %}{% set x = x ~ x %}{% endfor %}{{ x }}",
    "a namespace in a loop": "{% set n = namespace(x='a') %}{% for a in note %"
    "}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "a list that grows": "{% set x = [] %}{% for a in note %}{{ x.append(note) }}{% endfor %}{{ x }}",
    "a loop over a dict": "{% for a in {'a': note, 'b': note} %}{{ a }}{% endfor %}",
    "a loop over a number": "{% for a in 10 %}{{ a }}{% endfor %}",
    "a loop over pairs": "{% for a, b in [(name, note)] %}{{ a }}{% endfor %}",
    "a loop over groups": "{% for a in [note]|groupby('x') %}{{ a }}{% endfor %}",
    "a loop over a map": "{% for a in note|map('upper') %}{{ a }}{% endfor %}",
    # Doubling.
    "doubling by ~": DOUBLED,
    "doubling by ~ of a text": "{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}{{ name }}",
    "doubling by +": DOUBLED.replace("x ~ x", "x + x"),
    "doubling by *": DOUBLED.replace("x ~ x", "x * 2"),
    "doubling by %": DOUBLED.replace("x ~ x", "'%s%s' % (x, x)"),
    "doubling by format": DOUBLED.replace("x ~ x", "'{0}{0}'.format(x)"),
    "doubling by the filter format": DOUBLED.replace("x ~ x", "'%s%s'|format(x, x)"),
    "doubling by join": DOUBLED.replace("x ~ x", "[x, x]|join"),
    "doubling by the method join": DOUBLED.replace("x ~ x", "x.join([x, x])"),
    "doubling by replace": DOUBLED.replace("x ~ x", "x.replace('b', 'bb')"),
    "doubling by the filter replace": DOUBLED.replace("x ~ x", "x|replace('b', 'bb')"),
    "doubling of a list": "{% set x = [note] %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "doubling of a list in a list": "{% set x = [note] %}" + "{% set x = [x, x] %}" * 60 + "{{ x }}",
    "comparison of doubled lists": "{% set x = ['a'] %}{% set y = ['a'] %}"
    + "{% set x = [x, x] %}{% set y = [y, y] %}" * 60
    + "{{ x == y }}{{ name }}",
    "doubling of a dict": "{% set x = {'a': note} %}" + "{% set x = {'a': x, 'b': x} %}" * 60 + "{{ x }}",
    "doubling in a block": "{% set x = note %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60 + "{{ x }}",
    "doubling in a macro": "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{{ "
    + "m(" * 60
    + "note"
    + ")" * 60
    + " }}",
    "doubling in one expression": "{{ " + "[" * 30 + "note" + ",note]|join" * 30 + " }}",
    "escaping again and again": "{{ note" + "|e|string" * 1_000 + " }}",
    "quoting again and again": "{{ note" + "|urlencode" * 1_000 + " }}",
    "representation again and again": "{% set x = note %}" + "{% set x = [x, x]|string %}" * 60 + "{{ x }}",
    "many columns": "{{ note }}" * 2_000,
    "many columns joined": "{{ " + " ~ ".join(["note"] * 3_000) + " }}",
    "many columns in a list": "{{ [" + ",".join(["note"] * 3_000) + "] }}",
    # Recursion.
    "a macro that calls itself": "{% macro a(x) %}{{ a(x) }}{% endmacro %}{{ a(name) }}",
    "a macro that calls itself twice": "{% macro a(x) %}{{ a(x) }}{{ a(x) }}{% endmacro %}{{ a(name) }}",
    "macros that call each other": "{% macro a(x) %}{{ b(x) }}{% endmacro %}{% ma"
    "cro b(x) %}{{ a(x) }}{% endmacro %}{{ a(1) }}",
    "a caller": "{% macro a() %}{{ caller() }}{% endmacro %}{% call a() %}x{% endcall %}",
    "a block": "{% block a %}{{ self.a() }}{% endblock %}",
    "an include": "{% include 'x' %}",
    "deep brackets": "{{ " + "(" * 9_000 + "1" + ")" * 9_000 + " }}",
    "deep lists": "{{ " + "[" * 9_000 + "]" * 9_000 + " }}",
    "deep conditions": "{% if name %}" * 1_000 + "x" + "{% endif %}" * 1_000,
    "deep nots": "{{ " + "not " * 4_000 + "name }}",
    "deep minus": "{{ " + "-" * 19_000 + "1 }}",
    "deep attributes": "{{ name" + ".a" * 9_000 + " }}",
    "many conditions": "{% if name %}a{% endif %}" * 800,
    "a list inside itself": "{% set x = [] %}" + "{% set x = [x] %}" * 1_000 + "{{ x }}{{ name }}",
    # Products, powers, numbers.
    "a text times a number": "{{ note * 10**9 }}",
    "a text times a large literal": "{{ 'x' * 1000000000 }}{{ name }}",
    "a number times a text": "{{ 1000000000 * note }}",
    "a list times a number": "{{ [note] * 999999999 }}",
    "a product of products": "{{ 'x' * 9999 * 9999 }}{{ name }}",
    "a power": "{{ 2 ** 999999999 }}{{ name }}",
    "a power of a power": "{{ 9 ** 9 ** 9 }}{{ name }}",
    "a power of a cell": "{{ amount|int ** 9999999 }}",
    "squares of squares": "{% set x = amount|int %}" + "{% set x = x * x %}" * 60 + "{{ x }}",
    "a long number": "{{ " + "9" * 5_000 + " }}",
    "a product of long numbers": "{{ " + "9" * 4_000 + " * " + "9" * 4_000 + " }}{{ name }}",
    "infinity": "{{ amount|float * 1e300 * 1e300 }}{{ (amount|float * 1e300)|int }}",
    "a remainder": "{{ amount|int % 7 }}",
    "a division by nothing": "{{ 1 / 0 }}{{ name }}",
    # Widths and formats.
    "a wide %d": "{{ '%1000000000d' % 1 }}{{ name }}",
    "a wide %s": "{{ '%999999999s' % note }}",
    "a precise %f": "{{ '%.999999999f' % 1.0 }}{{ name }}",
    "a borrowed width": "{{ '%*d' % (10**9, 1) }}{{ name }}",
    "a borrowed width as a number": "{{ '%*d' % (1000000000, 1) }}{{ name }}",
    "a wide format": "{{ '{:1000000000}'.format(1) }}{{ name }}",
    "a width within a format": "{{ '{:{}}'.format(1, 1000000000) }}{{ name }}",
    "many wide formats": "{{ '" + "%9999d" * 2_000 + "' % (" + "1," * 2_000 + ") }}{{ name }}",
    "many formats": "{{ '" + "{0}" * 3_000 + "'.format(note) }}",
    "a format map": "{{ '{x:999999999}'.format_map({'x': note}) }}",
    "a format of colons": "{{ '{" + ":" * 9_000 + "'.format(note) }}",
    "a format of brackets": "{{ '" + "%(" * 4_000 + "' % note }}",
    "the internals in a format": "{{ '{0.__class__.__mro__}'.format(note) }}",
    # Filters.
    **{f"the filter {name}": f"{{{{ note|{name} }}}}" for name in sorted(JINJA_FILTERS)},
    **{
        f"the filter {name} of a list": f"{{{{ many.split(',')|{name}|list }}}}"
        for name in sorted(JINJA_FILTERS)
    },
    **{
        f"the filter {name} of a large number": f"{{{{ note|{name}(1000000000) }}}}"
        for name in sorted(JINJA_FILTERS)
    },
    **{f"the filter {name} with a text": f"{{{{ note|{name}(note) }}}}" for name in sorted(JINJA_FILTERS)},
    "indentation of every line": "{{ note|replace('a', '\n')|indent(9999, true) }}",
    "replacement of every letter": "{{ note|replace('a', note) }}",
    "replacement of nothing": "{{ note|replace('', note) }}",
    "replacement by a method": "{{ note.replace('', note) }}",
    "a long separator": "{{ note|join(note) }}",
    "a long separator by a method": "{{ note.join(note) }}",
    "a map of a filter": "{{ note|map('upper')|join }}",
    "maps of maps": "{{ note" + "|map('upper')" * 1_000 + "|join }}",
    "a map of a wide filter": "{{ [note]|map('center', 1000000000)|join }}",
    "a map that is printed": "{{ note|map('upper') }}",
    "titles of titles": "{{ note" + "|title" * 2_000 + " }}",
    "tags without an end": "{{ note.replace('a', '<!--')|striptags }}",
    "a sum of texts": "{{ many.split(',')|sum(start='') }}",
    "sorted again and again": "{{ note" + "|list|sort" * 1_000 + "|join }}",
    "a selection": "{{ note|select('in', note)|join }}",
    "wraps of wraps": "{{ note|wordwrap(1, wrapstring=note) }}",
    # Methods.
    **{
        f"the method {name}": f"{{{{ note.{name}({arguments}) }}}}"
        for name in dir(str)
        if not name.startswith("_")
        for arguments in ("", "1000000000", "note", "note, note", "1000000000, 'x'")
    },
    "a translation": "{{ note.translate({97: note}) }}",
    "a width by its name": "{{ note.center(width=1000000000) }}",
    "methods of methods": "{{ note" + ".upper()" * 2_000 + " }}",
    "splits": "{{ note.split('b')|length }}",
    "a method that is printed": "{{ note.upper }}",
    "the internals of a method": "{{ note.upper.__self__ }}",
    "the internals of a text": "{{ note.__class__.__mro__ }}",
    "an encoded text": "{{ note.encode() }}",
    # What Jinja2 brings along.
    "lipsum": "{{ lipsum(10000) }}{{ name }}",
    "lipsum's internals": "{{ lipsum.__globals__ }}",
    "a cycler": "{{ cycler('a').next() }}",
    "a joiner": "{{ joiner(note)() }}",
    "a namespace": "{{ namespace(a=note).a }}",
    "a dict": "{{ dict(a=note) }}",
    "a range that is printed": "{{ range(999999999)|list }}",
    "arguments in a list": "{{ '{}{}'.format(*many.split(',')) }}",
    "arguments in a dict": "{{ '{a}'.format(**{'a': note}) }}",
    "a statement": "{% do note %}",
    "a scope": "{% with x = note %}{{ x }}{% endwith %}",
    "a filter of a block": "{% filter upper %}{{ note }}{% endfilter %}",
    "escapes": "{% autoescape true %}{{ note }}{% endautoescape %}",
    # Slices, tests and comparisons.
    "a slice": "{{ note[:10] }}{{ note[::-1][:5] }}",
    "a slice of a slice": "{{ note" + "[:-1]" * 2_000 + "|length }}",
    "an item": "{{ note[0] }}{{ many.split(',')[0] }}",
    "a test": "{{ note is divisibleby 3 }}",
    "tests": "{% if note is string and note is defined and amount is number %}x{% endif %}-",
    "a comparison of texts": "{{ note == note ~ 'x' }}",
    "a chain of comparisons": "{{ 1" + " < 2" * 3_000 + " }}{{ name }}",
    "a comparison of lists": "{{ note|list == note|list }}",
    # The text itself.
    "a very long message": "x" * 10_000_000,
    "a message of brackets": "{{" * 9_000,
    "a message of statements": "{%" * 9_000,
    "a message of comments": "{#" * 9_000,
    "a message of quotes": "{{ '" + "\\'" * 9_000 + " }}",
    "a message of lines": "\n" * 19_999 + "{{ name }}",
    "a message of spaces": "{{" + " " * 19_000 + "name }}",
    "a raw message": "{% raw %}" * 2_000,
    "a million braces": "}}" * 500_000,
}


def outcomes() -> Iterator[dict[str, object]]:
    """What became of each: run in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, message in BOUNDED.items():
        begun, said = time.process_time(), []
        try:
            template = compile_template(message, HEADER)
            said = [
                one.detail if isinstance(one, Unrendered) else len(one) for one in template.render_block(ROWS)
            ]
        except TemplateProblem as problem:
            said = [f"{problem.what} {problem.remedy}"]
        seconds = time.process_time() - begun
        now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        yield {"name": name, "seconds": seconds, "megabytes": (now - before) / 1024, "said": said}
        before = max(before, now)


def test_every_construct_is_bounded_or_refused() -> None:
    program = (
        "import json, resource; from tests.unit.test_template_language import outcomes;"
        "resource.setrlimit(resource.RLIMIT_CPU, (100, 100)); resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30));"
        "[print(json.dumps(one), flush=True) for one in outcomes()]"
    )
    here = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=110, cwd=here, check=False
    )
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(found) == len(BOUNDED) >= 100, (ended.stderr[-500:], list(BOUNDED)[len(found)])
    assert ended.returncode == 0
    assert [one for one in found if one["seconds"] > SECONDS or one["megabytes"] > MEGABYTES] == []
    for one in found:
        for said in one["said"]:
            assert said, one
            if isinstance(said, int):
                assert said <= LARGEST, one
            else:
                assert "MemoryError" not in said, one
                assert len(said) < 700, one


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("{% macro a() %}{% endmacro %}x", "{% macro %}"),
        ("{% for a in name recursive %}{% endfor %}x", "{% for … recursive %}"),
        ("{% set a %}x{% endset %}{{ a }}", "{% set %} around a block"),
        ("{{ range(3) }}", "range()"),
        ("{{ 2 ** 3 }}", "**"),
        ("{{ name.encode() }}", ".encode()"),
        ("{{ '{}'.format(*name) }}", "* or ** in brackets"),
        ("Hi\n{% with a = name %}{{ a }}{% endwith %}", "{% with %}"),
    ],
)
def test_what_messages_do_not_have_is_said_with_what_to_write_instead(message: str, what: str) -> None:
    with pytest.raises(TemplateProblem) as caught:
        compile_template(message, HEADER)
    assert caught.value.what == f"the message uses {what}, which messages do not have"
    assert caught.value.where == f"message, line {1 + message.count(chr(10))}"
    assert "{% if %}" in caught.value.remedy


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("{{ name.split()[0].strip().upper()[:3] }}", "ANN"),
        (
            "{% for one in many.split(',') %}{{ one }}{% if not loop.last %} + {% endif %}{% endfor %}",
            "a + b + c",
        ),
        ("{% set first = name[:1] %}{% if first == 'A' %}{{ first ~ '.' }}{% endif %}", "A."),
        ("{{ {'A': 'Bonjour', 'B': 'Hello'}[name[0]] }} {{ {'x': 1}.get(name, 'none') }}", "Bonjour none"),
        ("{{ [name, note]|map('upper')|join(' ') }}", "ANN HELLO"),
        (
            "{{ '%.2f' % (amount|float) }} {{ amount|int|default(20000) }} {{ '{:>6}'.format(amount) }}",
            "10.00 10     10",
        ),
        ("{{ note|truncate(4, true, '', 0) }}{{ note|replace('l', 'L') }}", "HellHeLLo"),
        ("{{ note|length }} {{ note|wordcount }} {{ (amount|int + 5) // 2 % 4 }}", "5 1 3"),
    ],
)
def test_what_real_messages_need_is_there(message: str, text: str) -> None:
    assert compile_template(message, HEADER).render(ROWS[0]) == text


def test_a_cell_that_no_message_can_hold_may_still_be_cut() -> None:
    assert compile_template("{{ note[:4] }}", HEADER).render(ROWS[1]) == "ab <"
    quick, slow = (
        compile_template("{{ note }}", HEADER, quick=quick).render(ROWS[1]) for quick in (True, False)
    )
    assert quick == slow
    assert isinstance(quick, Unrendered)
    assert "10,000 characters" in quick.detail


def test_the_filters_are_jinja2s() -> None:
    assert set(JINJA_FILTERS) >= FILTERS
