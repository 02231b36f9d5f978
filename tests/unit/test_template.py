import random
import string
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smscampaign.errors import TemplateProblem
from smscampaign.languages import tell
from smscampaign.message import filling
from smscampaign.message.template import Rendered, Template, Unrendered, compile_template
from smscampaign.model import Reason

HEADER = ("Phone", "First Name", "Prénom", "city", "amount")
ROW = ("0639980001", " Ann ", "Zoë", "Paris", "10")


def render(message: str, row: tuple[str, ...] = ROW, header: tuple[str, ...] = HEADER) -> Rendered:
    return compile_template(message, header).render(row)


def with_city(city: str) -> tuple[str, ...]:
    return ("0639980001", "Ann", "Zoë", city, "10")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Hello {{ first_name }}", "Hello Ann"),
        ("{{First_Name}}{{ FIRSTNAME }}{{ firstName }}", "AnnAnnAnn"),
        ("{{ prénom }} {{ prenom }} {{ Prénom }}", "Zoë Zoë Zoë"),
        ("100 % of {{ city }}, %s", "100 % of Paris, %s"),
        ("{{ city | upper }} {{ city|lower }}", "PARIS paris"),
        ("{{ city|default('there')|upper }}", "PARIS"),
        ("{% if city == 'Paris' %}Salut{% else %}Hi{% endif %} {{ first_name }}", "Salut Ann"),
        ("{{ amount|int * 2 + 1 }}", "21"),
        ("{{ amount|float|round(1) }}", "10.0"),
        ("{{ '%.2f'|format(amount|float) }}", "10.00"),
        ("{{ '{:.2f}'.format(amount|float) }}", "10.00"),
        ("{{ city.upper() }} {{ city[:2] }} {{ city.ljust(7) }}!", "PARIS Pa Paris  !"),
        ("{% for letter in city %}{{ loop.index }}{{ letter }}{% endfor %}", "1P2a3r4i5s"),
        ("{% set x = city|lower %}{{ x }}", "paris"),
        ("{{ first_name ~ '&<' }}", "Ann&<"),
        ("{# a note #}Hi", "Hi"),
        ("{% raw %}{{ city }}{% endraw %}", "{{ city }}"),
        ("{{ city }}\r\nBye\r\n\r\n", "Paris\nBye"),
        ("Hi\rthere", "Hi\nthere"),
        ("\n Hi", "\n Hi"),
    ],
)
def test_messages_and_their_texts(message: str, text: str) -> None:
    assert render(message) == text


def test_columns_are_the_ones_used() -> None:
    assert compile_template("{{ city }} {{ first_name }} {{ City }}", HEADER).columns == (1, 3)
    assert compile_template("Hi {{ [1, 2]|join }}", HEADER).columns == ()


def test_a_column_comes_before_a_function_of_the_same_name() -> None:
    assert render("{{ range }} {{ dict }} {{ loop }}", ("a", "b", "c"), ("range", "dict", "loop")) == "a b c"


def test_line_ends_in_cells_become_plain() -> None:
    row = ("0639980001", "Ann", "a\r\nb\rc\n", "Paris", "10")
    assert render("{{ prénom }}!", row) == "a\nb\nc!"
    assert render("Hi {{ prénom }}\n{{ city|default('\n') }}", row) == "Hi a\nb\nc\nParis"


# --- empty cells -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["", " ", "\u00a0\t\n"])
@pytest.mark.parametrize(
    "expression",
    """city;city|upper;city|length;city|int;city|float;city|round;city|list;city|join;city|first;city|trim;city|title
    city ~ 'x';city + 'x';'x' + city;city * 2;city < 'x';city.upper();city.x;city['x'];city[0];-city;city|replace('a', 'b')
    city|upper|default('x');[city]|join;city|e;city|safe;city|reverse;city|sort;city|abs;'%s' % city;'{}'.format(city)
    city|format;city|truncate(3);city|urlencode;city|striptags""".replace("\n    ", ";").split(";"),
)
def test_an_empty_cell_that_is_needed_leaves_its_row_out(cell: str, expression: str) -> None:
    assert render("Hi {{ " + expression + " }}", with_city(cell)) == Unrendered(
        Reason.VALUE_MISSING, "The column “city” is empty, and the message needs it.", (3,)
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Hi {{ city|default('there') }}", "Hi there"),
        ("Hi {{ city|d('there', true)|upper }}", "Hi THERE"),
        ("Hi {{ city|default }}!", "Hi !"),
        ("Hi {{ city or 'there' }}", "Hi there"),
        ("{% if city %}in {{ city }}{% else %}somewhere{% endif %}", "somewhere"),
        ("{{ 'a' if city == '' else 'b' }}{{ 'a' if '' == city }}{{ 'b' if city != '' }}", "aa"),
        (
            "{{ city == city }} {{ city == 'Paris' }} {{ city in ['', 'x'] }} {{ city in {'': 1} }}",
            "True False True True",
        ),
        ("{{ 'x' in city }} {{ '' in city }}", "False True"),
        ("{{ [first_name, city]|select|join(' ') }}", "Ann"),
        ("{{ city is defined }}", "False"),
        ("{{ [city] }}", "['']"),
        ("{% if false %}{{ city }}{% endif %}-", "-"),
    ],
)
def test_an_empty_cell_can_be_asked_about_and_replaced(message: str, text: str) -> None:
    assert render(message, with_city("  ")) == text


@pytest.mark.parametrize(
    ("message", "named", "lacking"),
    [
        ("{{ amount }} {{ city }} {{ city|upper }}", "columns “city” and “amount” are", (3, 4)),
        ("{{ amount }}{{ city }}{{ prenom }}", "columns “Prénom”, “city” and “amount” are", (2, 3, 4)),
        ("{{ phone|d('x') }}{{ amount }}{{ city }}", "columns “city” and “amount” are", (3, 4)),
        # What is printed in any case is known whatever else the message does.
        ("{{ phone|d('x')|e }}{{ amount }}{{ city }}", "columns “city” and “amount” are", (3, 4)),
        ("{{ amount|e }}{{ city }}", "columns “city” and “amount” are", (3, 4)),
        # Of what is not, the rendering meets one.
        ("{{ amount|e }}{{ city|e }}", "column “amount” is", (4,)),
        (
            "{% if phone %}{{ prenom }}{% else %}{{ amount }}{% endif %}{{ city }}",
            "“city” and “amount”",
            (3, 4),
        ),
        # A column that the message itself may fill is not needed in any case.
        (
            "{% if not phone %}{% set city = 'x' %}{% endif %}{{ city }}{{ amount }}",
            "column “amount” is",
            (4,),
        ),
    ],
)
def test_the_empty_columns_the_message_needs_are_named_from_left_to_right(
    message: str, named: str, lacking: tuple[int, ...]
) -> None:
    row = ("", "", "", "", "")
    result = render(message, row)
    assert isinstance(result, Unrendered)
    assert named in result.detail
    template = compile_template(message, HEADER)
    assert template.lacking(row) == result.columns == lacking
    assert template.lacking(ROW) == ()


def test_the_empty_columns_are_told_in_other_languages() -> None:
    result = render("{{ amount }}{{ city }}{{ prenom }}", ("", "", "", "", ""))
    assert isinstance(result, Unrendered)
    assert tell(result.detail, "fr") == (
        "Les colonnes «\u00a0Prénom\u00a0», «\u00a0city\u00a0» et «\u00a0amount\u00a0» sont vides, et le message en"
        " a besoin."
    )
    assert "„Prénom”, „city” i „amount” są puste" in tell(result.detail, "pl")


@pytest.mark.parametrize(
    "message",
    ["{{ city|default('') }}", "\n {{ city|default(' ') }}\n", "{# x #}"],
)
def test_a_text_of_nothing_but_white_space_is_none(message: str) -> None:
    result = render(message, with_city(""))
    assert isinstance(result, Unrendered)
    assert result.reason is Reason.TEXT_EMPTY


@pytest.mark.parametrize("message", ["{% if city %}x{% endif %}", "\n{{ city if city else '' }} "])
def test_what_conditions_leave_empty_is_not_selected(message: str) -> None:
    result = render(message, with_city(""))
    assert isinstance(result, Unrendered)
    assert result.reason is Reason.NOT_SELECTED
    assert isinstance(render(message, with_city("Lyon")), str)


# --- cells are values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["{{ 7*7 }}", "{% include 'x' %}", "{{ phone }}", "{#", "%s %(x)d", "<b>&amp;"]
)
@pytest.mark.parametrize("message", ["{{ city }}", "{{ city|e|safe and city }}", "{% set x = city %}{{ x }}"])
def test_a_cell_never_runs_as_a_template(cell: str, message: str) -> None:
    assert render(message, with_city(cell)) == cell


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ("{{ amount|int / 0 }}", "division by zero"),
        ("{{ city.nothing }}", "no attribute 'nothing'"),
        ("{{ city.__class__ }}", "'__class__'"),
        ("{{ city['__class__'] }}", "'__class__'"),
        ("{{ city.upper.__self__ }}", "'__self__'"),
        ("{{ '{0.__class__}'.format(city) }}", "'__class__'"),
        ("{{ city + 1 }}", "concatenate"),
        ("{{ city.upper }}", "write ()"),
        ("{{ city|map('upper') }}", "| join"),
    ],
)
def test_what_fails_on_a_row_is_that_rows_reason(message: str, detail: str) -> None:
    result = render(message)
    assert isinstance(result, Unrendered)
    assert result.reason is Reason.TEXT_FAILED
    assert detail in result.detail
    assert result.detail.startswith("The message cannot be rendered: ")
    assert result.detail.endswith(".")
    assert "\n" not in result.detail


@pytest.mark.parametrize(
    "expression",
    [
        "city * 1000000000",
        "1000000000 * city",
        "[city] * 1000000000",
        "city.ljust(1000000000)",
        "city.center(width=1000000000)",
        "amount|float|round(1000000000, 'floor')",
        "'%999999999s' % city",
        "'%*d' % (1000000000, amount|int)",
        "'%999999999s'|format(city)",
        "'{:999999999}'.format(city)",
        "'{:{}}'.format(city, 1000000000)",
    ],
)
def test_results_beyond_reason_are_refused(expression: str) -> None:
    begun = time.thread_time()  # the work it makes, whatever else the machine does meanwhile
    result = render("{{ " + expression + " }}")
    assert isinstance(result, Unrendered)
    assert result.reason is Reason.TEXT_FAILED
    assert time.thread_time() - begun < 2


def test_loops_in_loops_come_to_an_end() -> None:
    loop = "{% for n in city %}{% for m in city %}{{ city }}{% endfor %}{% endfor %}"
    assert render(loop) == "Paris" * 25
    result = render(loop, with_city("Paris" * 100))
    assert isinstance(result, Unrendered)
    assert "endless" in result.detail


# --- what is wrong with the message itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "what", "where", "remedy"),
    [
        ("", "empty", "message", "Write the text"),
        (" \n", "empty", "message", "Write the text"),
        ("Hi {{ city", "compile", "message, line 1 (Hi {{ city)", "}}"),
        ("Hi\n{% if %}\nthere", "compile", "message, line 2 ({% if %})", "%}"),
        ("Hi\n{{ First Name }}", "compile", "line 2", "Write {{ first_name }}."),
        ("{{ city|uper }}", "No filter named 'uper'", "line 1", "Did you mean upper"),
        ("{{ city|zzzzzz }}", "No filter", "line 1", "Check the filter's name."),
        ("{{ city|random }}", "No filter named 'random'", "line 1", ""),
        ("{{ city is zzz }}", "No test named", "line 1", ""),
        ("Hi\n\n{{ fist_name }}", "{{ fist_name }}", "message, line 3", "Did you mean {{ first_name }}?"),
        (
            "{{ zzz }}{{ qqq|default('x') }}",
            "{{ qqq }}, {{ zzz }}",
            "line 1",
            "{{ phone }}, {{ first_name }}",
        ),
        ("{% if zzz %}{% endif %}x", "{{ zzz }}", "line 1", "The columns are"),
        ("{{ self }}", "{{ self }}", "line 1", "The columns are"),
        ("{{ loop.index }}", "{{ loop }}", "line 1", "The columns are"),
        ("{{ lipsum() }}", "lipsum()", "line 1", "A message may use"),
        ("{{ cycler('a') }}", "cycler()", "line 1", "A message may use"),
        ("{{ city() }}", "city()", "line 1", "A message may use"),
        ("{{ [1].append(city) }}", ".append()", "line 1", "A message may use"),
        ("{{ city|attr('__class__') }}", "No filter named 'attr'", "line 1", ""),
        ("x" * 20_001, "more than 20,000 characters", "message", "right file"),
        ("Hi\n{% include 'x' %}", "{% include %}", "line 2", "whole text"),
        ("{% import 'x' as x %}", "{% import %}", "line 1", "whole text"),
        ("{% from 'x' import x %}", "{% from %}", "line 1", "whole text"),
        ("{% extends 'x' %}", "{% extends %}", "line 1", "whole text"),
        ("{% block x %}{% endblock %}", "{% block %}", "line 1", "whole text"),
        ("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", "deeply nested", "message", "fewer"),
        ("{{ " + "9" * 5_000 + " }}", "too large", "message", "fewer"),
        ("{{ 1 / 0 }}", "division by zero", "message", "Correct"),
        ("{{ 'x' * 10000000000 }}", "10,000 characters", "message", "Correct"),
        # As newsletter and shop programs have it.
        ('{{ city | default: "there" }}', "compile", "line 1", 'Write {{ city | default("there") }}.'),
        ("{%first_name%}", "unknown tag", "line 1", "Write {{ first_name }}."),
        ("{{ contact.CITY }}", "{{ contact }}", "line 1", "Did you mean {{ city }}? The columns"),
        ("{{ contact.attributes.CITY }}", "{{ contact }}", "line 1", "Did you mean {{ city }}? The columns"),
        ("{{ cityy.upper() }}", "{{ cityy }}", "line 1", "Did you mean {{ city }}? The columns"),
    ],
)
def test_what_is_wrong_with_a_message_is_said_before_any_row(
    message: str, what: str, where: str, remedy: str
) -> None:
    with pytest.raises(TemplateProblem) as caught:
        compile_template(message, HEADER)
    assert what in caught.value.what
    assert where in caught.value.where
    assert remedy in caught.value.remedy


def test_another_message_is_called_by_its_name() -> None:
    for message in ("", "{{ citty }}", "{{ city", "{{ 1 / 0 }}"):
        with pytest.raises(TemplateProblem) as caught:
            compile_template(message, HEADER, where="short message")
        assert caught.value.where.startswith("short message")


def test_what_could_never_be_sent_is_an_error_in_the_style_of_errors() -> None:
    with pytest.raises(TemplateProblem) as caught:
        compile_template("{{ 1 / 0 }}", HEADER)
    assert caught.value.what == "the message cannot be rendered: division by zero"


def test_a_column_twice_matters_only_where_it_is_used() -> None:
    header = ("Name", "NAME", "city")
    assert compile_template("{{ city }}", header).render(("a", "b", "c")) == "c"
    with pytest.raises(TemplateProblem, match="'Name', 'NAME'") as caught:
        compile_template("Hi\n{{ name }}", header)
    assert caught.value.where == "message, line 2"


@given(st.text(alphabet="{}%|# \n'\"()[].,:ifsetndaorcy0123*+~=_", max_size=40))
@example("{% for a in a %}{% endfor %}")
@settings(max_examples=200)
def test_any_message_is_a_template_or_a_template_problem(message: str) -> None:
    try:
        template = compile_template(message, ("a", "city"))
    except TemplateProblem as problem:
        assert problem.where  # noqa: PT017 - either outcome is right, and each has its own law
    else:
        assert isinstance(template.render(("1", "")), str | Unrendered)


# --- the quick way and Jinja2's --------------------------------------------------------------------------------------

NAMES = ("first_name", "city", "amount")
LITERALS = st.text(alphabet="Hi %s{(é\r\n\t\u00a0!", max_size=5).filter(lambda text: "{{" not in text)
DEFAULTS = st.sampled_from(["", "''", "'a'", "'\\n'", "' '", "'b\\r'", "'É %s'", "1", "none", "'x', true"])
FILTERS = st.one_of(
    st.sampled_from(["upper", "lower", "title", "capitalize", "trim", "e", "length"]),
    DEFAULTS.map(lambda words: f"default({words})"),
    st.just("d"),
)
PLACEHOLDERS = st.builds(
    lambda name, filters: "{{ " + " | ".join([name, *filters]) + " }}",
    st.sampled_from(NAMES),
    st.lists(FILTERS, max_size=3),
)
MESSAGES = st.lists(LITERALS | PLACEHOLDERS, min_size=1, max_size=6).map("".join).filter(str.strip)
CELLS = st.text(alphabet=string.ascii_letters[:3] + " \n\r\u00a0%{}ßŒİ'é-", max_size=4)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5)


@given(MESSAGES, ROWS)
@example("{{ city }}\n", [("a", "b", "c")])
@example("Hi {{ city|default('') }}", [("", "", "")])
@example("Hi\n{{ city|default('') }}", [("", "", "")])
@example("Hi {{ city|default('a\\n') }}", [("", "", "")])
@example("{{ city }}{{ amount }}", [("a", "", ""), ("a", "b", ""), ("a", "", "c"), ("a", "b", "c")])
@example("{{ city|title }}", [("", "o'neil-şı x", "")])
@settings(max_examples=200)
def test_the_quick_way_and_jinja2_agree(message: str, rows: list[tuple[str, str, str]]) -> None:
    def compiled(quick: bool) -> Template | str:
        try:
            return compile_template(message, NAMES, quick=quick)
        except TemplateProblem as problem:
            return str(problem)

    quick, slow = compiled(True), compiled(False)
    if isinstance(quick, str) or isinstance(slow, str):
        assert quick == slow
        return
    expected = slow.render_block(rows)
    assert quick.render_block(rows) == expected
    assert [quick.render(row) for row in rows] == expected
    assert [slow.render(row) for row in rows] == expected
    assert quick.columns == slow.columns


@pytest.mark.parametrize(
    "message", ["Hi {{ city }}", "{{ city|default('x')|upper }} {{ amount }}", "{{ city|d }}!"]
)
def test_simple_messages_take_the_quick_way(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("rendered by Jinja2")

    template = compile_template(message, NAMES)
    monkeypatch.setattr("smscampaign.message.template._rendered", never)
    assert isinstance(template.render(("a", "b", "c")), str)


def test_rows_leave_nothing_behind_for_the_next() -> None:
    message = "{% if city %}{% set seen = 'yes' %}{% else %}{% set seen = 'no' %}{% endif %}{{ seen }}"
    template = compile_template(message, ("city",))
    assert template.render_block([("a",), ("",), ("b",), ("",)]) == ["yes", "no", "yes", "no"]
    template = compile_template(
        "{% if city %}{% set amount = 'mine' %}{% endif %}{{ amount }}", ("city", "amount")
    )
    assert template.render_block([("a", "own"), ("", "own")]) == ["mine", "own"]


def test_a_message_without_columns_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    template = compile_template("Hi {{ 1 + 1 }}", NAMES)
    monkeypatch.setattr("smscampaign.message.template._rendered", None)
    assert template.render(("", "", "")) == "Hi 2"
    assert template.render_block([("", "", "")] * 3) == ["Hi 2"] * 3
    assert template.render_block([]) == []


_WORDS = {
    "fr": "été où forêt Noël garçon œuvre déjà naïf Zoé Élise château île août 12,50 € l'hôtel à ça",
    "pl": "Łukasz zażółć gęślą jaźń świąt źdźbło ćma Żaneta 12,50 zł dzień pójdź Ścibor łąka",
}


@pytest.mark.parametrize(
    "message", ["Cher {{ name }}, {{ note }} à l'Été", "{% if name %}Ł {{ note|trim }}{% endif %} {{ name }}"]
)
def test_a_thousand_texts_cost_the_same_however_their_accents_are_kept(message: str) -> None:
    chance = random.Random(3)
    rows = [
        (chance.choice(words), " ".join(chance.choices(words, k=chance.randrange(1, 30))))
        for words in (_WORDS[chance.choice(["fr", "pl"])].split() for _ in range(1_000))
    ]
    apart = [tuple(unicodedata.normalize("NFD", cell) for cell in row) for row in rows]
    assert apart != rows
    for quick in (True, False):
        template = compile_template(message, ("name", "note"), quick=quick)
        other = compile_template(unicodedata.normalize("NFD", message), ("name", "note"), quick=quick)
        texts = template.render_block(rows)
        assert texts == template.render_block(apart) == other.render_block(apart)
        assert all(isinstance(text, str) and unicodedata.is_normalized("NFC", text) for text in texts)


def test_accents_that_have_no_letter_of_their_own_stay_as_they_are() -> None:
    assert compile_template("{{ name }}", ("name",)).render(("x\u0301\u0323",)) == "x\u0323\u0301"


@pytest.mark.parametrize(
    "sign", ["\0", "\x07", "\x1b", "\x0c", "\x7f", "\x85", "\x9d", "\ud800", "\t", "\n", "\u2028", "é"]
)
@pytest.mark.parametrize("other", ["", "é", "Ł"])
def test_control_characters_are_the_fault_of_their_row(sign: str, other: str) -> None:
    for message in (
        "Hi {{ name }}, bye",
        f"Hi {sign} {{{{ name }}}}, bye",
        '{{ name }}{{ "\\u0007"[:0] }}, bye',
    ):
        texts = {
            tuple(
                compile_template(message, ("name",), quick=quick).render_block(
                    [(f"a{sign}{other}b",), (f"Ann{other}",)]
                )
            )
            for quick in (True, False)
        }
        (((first, second)),) = texts
        bad = sign not in {"\t", "\n", "\x85", "\u2028", "é"}
        assert isinstance(first, Unrendered) is bad
        assert isinstance(second, Unrendered) is (bad and sign in message)
        if isinstance(first, Unrendered):
            assert first.reason is Reason.TEXT_FAILED
            assert f"U+{ord(sign):04X}" in first.detail


@given(st.text(st.sampled_from("ab é\u0301\n\r\t\x00\x85\ud800\u00a0\u2028 ł😀\u200b"), max_size=6))
def test_a_printable_line_is_finished_as_any_text_is(text):
    """The quick way of most texts is the long one."""
    ends = filling.finished(f"{text}\n")  # a line end is not printable, and is none at the end
    whole = filling.finished(text)
    assert whole == ends or (not text.rstrip("\n") and {whole, ends} == {filling.BLANK})
