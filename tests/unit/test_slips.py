"""What is said to the author of a message that is not understood."""

from __future__ import annotations

import re

import pytest

from smscampaign.errors import TemplateProblem
from smscampaign.message.slips import remedy_of_syntax, remedy_of_unknown
from smscampaign.message.template import compile_template

HEADER = ("Prénom", "Nom", "Code postal", "N°")
COLUMNS = "The columns are: {{ prénom }}, {{ nom }}, {{ code_postal }}, {{ n }}."
COLON = "expected token 'end of print statement', got ':'"


def syntax(line: str, error: str = COLON) -> str:
    return remedy_of_syntax(line, line, error, HEADER, filters=("default", "upper"), compiles=lambda _: False)


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ('{{ prenom | default: "vous" }}', 'Write {{ prénom | default("vous") }}.'),
        ('{{prenom|default:"vous"}}', 'Write {{ prénom | default("vous") }}.'),
        ("{{ contact.PRENOM | default: 'l\"a' }}", "Write {{ prénom | default('l\"a') }}."),
        (
            'Hi {{ nom }}, {{ params.CODE_POSTAL | upper | default : "a | b" | truncate: 10, "x" }}',
            'Write {{ code_postal | upper | default("a | b") | truncate(10, "x") }}.',
        ),
        ("{{ nom | a: 1 }} {{ prenom | b: 2 }}", "Write {{ nom | a(1) }}, {{ prénom | b(2) }}."),
        ("{{ Code postal }}", "Write {{ code_postal }}."),
        ("{{ Code postal | upper }}", "Write {{ code_postal }}."),
        # Not a filter: nothing is guessed.
        ("{{ {'a': 1} : 2 }}", "A column is written"),
        ('{{ "a: b" | upper x }}', "A column is written"),
    ],
)
def test_what_other_programs_write_is_written_as_ours(line: str, remedy: str) -> None:
    assert syntax(line).startswith(remedy)


def test_brackets_are_blamed_only_when_one_is_missing() -> None:
    assert syntax("{{ nom }", "unexpected '}'") == "Check that every {{ has its }} and every {% has its %}."
    assert syntax("{% if nom", "unexpected end") == "Check that every {{ has its }} and every {% has its %}."
    assert "{% endif %}" in syntax("{% if nom %}x", "Unexpected end of template.")


@pytest.mark.parametrize(
    ("tag", "remedy"),
    [
        ("prenom", "Write {{ prénom }}."),
        ("prenon", "Did you mean {{ prénom }}?"),
        ("endiff", "{% … %} is for if, for and set; a column is written {{ name }}."),
    ],
)
def test_a_column_in_the_brackets_of_a_statement(tag: str, remedy: str) -> None:
    assert syntax("{%" + tag + "%}", f"Encountered unknown tag '{tag}'.") == remedy


@pytest.mark.parametrize(
    ("filter_", "remedy"),
    [("defualt", "Did you mean default?"), ("zzz", "Check the filter's name. There are: default, upper.")],
)
def test_a_filter_that_is_none(filter_: str, remedy: str) -> None:
    assert syntax("{{ nom | x }}", f"No filter named '{filter_}'.") == remedy


@pytest.mark.parametrize(
    ("unknown", "remedy"),
    [
        ({"prenon": ""}, f"Did you mean {{{{ prénom }}}}? {COLUMNS}"),
        ({"contact": "PRENOM"}, f"Did you mean {{{{ prénom }}}}? {COLUMNS}"),
        ({"contact": "PRENOMS"}, f"Did you mean {{{{ prénom }}}} or {{{{ nom }}}}? {COLUMNS}"),
        # An attribute that is no column is one of text.
        ({"prenon": "upper"}, f"Did you mean {{{{ prénom }}}}? {COLUMNS}"),
        ({"zzz": ""}, COLUMNS),
        ({"zzz": "qqq"}, COLUMNS),
        ({"contact": "NOM", "prenon": ""}, f"Did you mean {{{{ nom }}}} or {{{{ prénom }}}}? {COLUMNS}"),
    ],
)
def test_a_name_the_file_has_no_column_for(unknown: dict[str, str], remedy: str) -> None:
    assert remedy_of_unknown(unknown, HEADER) == remedy


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "Hi {{ city | default(“here”) }}",
            'quotation marks are straight ones. Write {{ city | default("here") }}.',
        ),
        ("Hi {{ city | default(« chez vous ») }}", 'Write {{ city | default("chez vous") }}.'),
        ("Hi {{ city | default(„u nas”) }}", 'Write {{ city | default("u nas") }}.'),
        ("Hi {{ city | default(‘here’) }}", 'Write {{ city | default("here") }}.'),
        ("Hi {{ city | default(“l’autre”) }}", 'Write {{ city | default("l’autre") }}.'),
        ("Hi {{ First Name | default(“you”) }}", 'Write {{ first_name | default("you") }}.'),
        ("Hi {{{ city }}}", "Two braces are enough. Write {{ city }}."),
        ("{% if city == “Lyon” %}A{% end if %}", 'Write {% if city == "Lyon" %}, {% endif %}.'),
        ("{% if city %}A{% end if %}", "Write {% endif %}."),
        ("{% if city %}A{% else if zip %}B{% endif %}", "Write {% elif zip %}."),
        ("{% if city %}A{% elsif zip %}B{% endif %}", "Write {% elif zip %}."),
        ("{% if city && zip %}A{% endif %}", "Write {% if city and zip %}."),
        ("{% if !city %}A{% endif %}", "Write {% if not city %}."),
        ("{% if city = 'a=b' %}A{% endif %}", "Write {% if city == 'a=b' %}."),
        ('{{ city | default "here" }}', 'Write {{ city | default("here") }}.'),
        ("{% if city %}A", "Write {% endif %} where the {% if %} ends."),
    ],
)
def test_what_people_type_is_written_as_it_would_compile(message: str, said: str) -> None:
    with pytest.raises(TemplateProblem) as caught:
        compile_template(message, ("First Name", "city", "zip"))
    assert said in caught.value.remedy


@pytest.mark.parametrize("message", ["{{ city ? 1 : 2 }}", "{{ city", "{{ }}", "{% if %}“{% endif %}"])
def test_what_is_not_understood_is_not_proposed(message: str) -> None:
    with pytest.raises(TemplateProblem) as caught:
        compile_template(message, ("city",))
    assert not re.search(r"Write \{[{%].*[“”?]", caught.value.remedy)
