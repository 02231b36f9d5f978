"""The house rules: the contracts of pyproject.toml on who may import what, and how large a room may be."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import grimp
import pytest

HOUSE = Path(__file__).parents[1] / "smscampaign"

LONGEST_MODULE, LONGEST_FUNCTION, MOST_ARGUMENTS = 400, 60, 7
MODULES = sorted(HOUSE.rglob("*.py"))


def name_of(path):
    return path.relative_to(HOUSE).as_posix()


def room_of(path):
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


@cache
def tree_of(path):
    return ast.parse(path.read_text("utf-8"), str(path))


def functions(path):
    return [
        node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _imported(node, path):
    """What one import statement names, in full: `smscampaign.journal` for both ways of writing it."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    package = ["smscampaign", *path.relative_to(HOUSE).parts[:-1]]
    start = package[: len(package) - node.level + 1] if node.level else []
    base = ".".join([*start, *([node.module] if node.module else [])])
    return [f"{base}.{alias.name}" for alias in node.names] if base == "smscampaign" else [base]


@cache
def imports(path):
    """The dotted names a module imports, wherever it does."""
    nodes = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return frozenset(name for node in nodes for name in _imported(node, path))


@cache
def drawer():
    return runpy.run_path(str(HOUSE.parent / "docs" / "make_house.py"))


def test_the_core_is_read_in_an_evening():
    """What `campaign.run` imports, type-checking imports included; who launches it hands in gates and exclusions."""
    core = drawer()["core"](grimp.build_graph("smscampaign", cache_dir=None))
    assert len(core) <= 30, core
    assert drawer()["lines_of"](core) <= 6000


#: Lines of product code a package may have (decisions 0019 and 0022): they fall with each concept that goes.
CEILINGS = {
    "cli": 5500,
    "notebook": 5400,
    "campaign": 9000,
    "delivery": 1000,
    "receipts": 500,
    "report": 1100,
    "sheets": 400,
    "advice": 1100,
    "journal": 9600,
    "gateway": 2600,
    "sandbox": 5800,
    "recipients": 3900,
    "phone": 1700,
    "message": 1900,
    "settings": 1500,
}


@pytest.mark.parametrize("room", CEILINGS)
def test_a_package_stays_below_its_ceiling(room):
    _, lines = drawer()["size"](room)
    assert lines <= CEILINGS[room]
    assert lines > CEILINGS[room] - 300, "the ceiling may fall"


#: What has no part in a plain rehearsal. Its trace may become shorter, and grows only with what it really uses.
ISLANDS = (
    "notebook",
    "report",
    "campaign.reports",
    "cli.report",
    "cli.gauges",
    *(
        f"journal.{one}"
        for one in (
            "aftermath",
            "figures",
            "outcomes",
            "postgres",
            "sessions",
            "clocks",
            "recovery",
            "laws",
            "retries",
            "stories",
        )
    ),
    "locales",
    *(f"recipients.{one}" for one in ("workbooks", "excel", "opendocument")),
    *(
        f"campaign.{one}"
        for one in ("cancellation", "decisions", "evidence", "recovery", "proposals", "retries")
    ),
    *(
        f"cli.{one}"
        for one in ("advise", "audit", "cancel", "decisions", "init", "lint", "recover", "status")
    ),
    *("gateway.fake", "settings.proposals"),
)
LONGEST_TRACE = 168


def test_a_plain_rehearsal_loads_no_island():
    loaded = drawer()["trace"]()
    assert [one for one in loaded for island in ISLANDS if one.startswith(f"smscampaign.{island}")] == []
    assert len(loaded) <= LONGEST_TRACE


def test_the_house_is_read_at_all():
    assert len(MODULES) > 40
    assert "delivery/crew.py" in map(name_of, MODULES)
    assert "smscampaign.journal.queue" in imports(HOUSE / "delivery" / "crew.py")


def test_the_contracts_on_imports_are_kept():
    """Floors, strangers, circles and the doors of libraries: what stands in pyproject.toml, as `lint-imports` shows it."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=HOUSE.parent, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_library_has_its_door():
    """What is in no contract may be imported from anywhere: there is one for every library."""
    contracts = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    known = {name for one in contracts for name in one.get("protected_modules", ())}
    used = {name.split(".")[0] for path in MODULES for name in imports(path)}
    assert used - set(sys.stdlib_module_names) - {"smscampaign"} <= known


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_are_not_too_large(path):
    length = len(path.read_text("utf-8").splitlines())
    assert length <= LONGEST_MODULE, f"{name_of(path)} has {length} lines"
    # A command has an argument for each of its options: only what it does is measured.
    long = [one.name for one in functions(path) if _lines(one, room_of(path) == "cli") > LONGEST_FUNCTION]
    assert not long, f"functions of more than {LONGEST_FUNCTION} lines: {long}"
    if room_of(path) == "cli":
        return  # a command has an argument for each of its options
    busy = [one.name for one in functions(path) if _arguments(one) > MOST_ARGUMENTS]
    assert not busy, f"functions with more than {MOST_ARGUMENTS} arguments: {busy}"


def _lines(function, only_body):
    return function.end_lineno - (function.body[0] if only_body else function).lineno + 1


def _arguments(function):
    every = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    return len([one for one in every if one.arg not in {"self", "cls"}])


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_names_say_what_things_are(path):
    stem = path.stem
    assert stem not in {"utils", "util", "helpers", "helper", "common", "misc"}
    vague = [
        node.name
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Handler|Helper|Utils?)$", node.name)
    ]
    assert not vague
    # `python smscampaign/x.py` and careless paths would find ours first: `numbers.py` breaks `import decimal`.
    if room_of(path) == stem:
        assert stem in {"__init__", "__main__"} or stem not in sys.stdlib_module_names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_left_to_do(path):
    text = path.read_text("utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text)
    silent = [
        node.lineno
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
    ]
    assert not silent, f"an error is passed over in silence in lines {silent}"
    assert "/work/" not in text


def _loaded_by(statement):
    code = f"{statement}; import sys; print(' '.join({{m.split('.')[0] for m in sys.modules}}))"
    found = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(found.stdout.split())


def test_a_command_does_not_wait_for_libraries_it_does_not_need():
    loaded = _loaded_by("import smscampaign.cli, smscampaign.cli.app as it; it.build_app(*it.COMMANDS)")
    assert "typer" in loaded
    assert not loaded & {"pandas", "numpy", "matplotlib", "ipywidgets", "IPython"}


def test_the_help_waits_for_nothing_but_what_draws_it():
    loaded = _loaded_by("import smscampaign.cli.app as it; it.build_app()")
    assert "typer" in loaded
    assert not loaded & {
        "sqlalchemy",
        "pydantic",
        "ovh",
        "requests",
        "jinja2",
        "phonenumbers",
        "starlette",
        "tqdm",
    }


def test_the_words_need_nothing_but_the_standard_library():
    loaded = _loaded_by("import smscampaign.model, smscampaign.errors, smscampaign.names")
    assert not loaded & {"sqlalchemy", "pydantic", "ovh", "requests", "jinja2", "phonenumbers", "pandas"}


#: For every module named on its command line: does it give what it promises, by a star as well, and without a warning?
_STARS = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        module, taken = importlib.import_module(name), {}
        exec(f"from {name} import *", taken)
        promised = getattr(module, "__all__", ())
        assert len(set(promised)) == len(promised), "a name stands twice in __all__"
        assert set(promised) <= set(taken), "a name of __all__ did not come"
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}")
"""


def test_every_name_in_all_exists_and_comes_with_a_star():
    """In a process of its own, where every warning is an error."""
    dotted = [".".join(["smscampaign", *path.relative_to(HOUSE).with_suffix("").parts]) for path in MODULES]
    names = [name.removesuffix(".__init__") for name in dotted if not name.endswith(".__main__")]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _STARS, *names],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stdout + done.stderr
