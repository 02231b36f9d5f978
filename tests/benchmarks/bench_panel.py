"""The panel in a real JupyterLab and Chromium: how long a person waits for each step, by the clock of the page.

A file of 10 000 rows and one of 200 000 with bad ones go from their path to the results of a rehearsal.
"""

from __future__ import annotations

import json
import math
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.benchmarks import files, page_clock
from tests.benchmarks.bounds import Figure, NotHere
from tests.browser import labs
from tests.browser.pages import do, until, until_the_kernel_answers

#: Rows of the files, and the share of them that cannot be sent.
ROWS, BAD = (10_000, 200_000), 0.01

#: Keys that are typed, and how: a person rests after some, and by then the panel keeps the text.
KEYS, APART, REST_AFTER, REST = 50, 0.12, 10, 0.53

#: By French names the region is known.
HEADER = ("Mobile", "Prénom", "Commande", "Ville")

#: Few texts, so that the rehearsal is over soon; and what shows that a text is kept while the whole file is being planned.
TEXT, KEYS_MEANWHILE = "Soldes à {{ Ville }} samedi ", 12

_HEADS = "document.querySelectorAll('.sms-panel .sms-head')"
_BODIES = "document.querySelectorAll('.sms-panel .sms-body')"
_AREA, _BUBBLE = "document.querySelector('.sms-panel textarea')", "document.querySelector('.sms-bubble')"
_CHECK = f"{_BODIES}[2].querySelectorAll('.sms-page')[1]"
_FIGURES = f"{_CHECK}.querySelector('strong')?.checkVisibility()"
_ROWS = f"[...{_BODIES}[2].querySelectorAll('.sms-grid tbody tr')]"
_EDITOR = (
    f"[...{_BODIES}[2].querySelectorAll('.sms-editor input')].find(one => one.ariaLabel.endsWith('Mobile'))"
)
_WAITS = "/is being looked at/"


def rows() -> Iterator[Figure]:
    """What each step takes, with both files. Raises `NotHere` where there is no browser."""
    if not (labs.CHROMIUM and labs.DRIVER):
        raise NotHere(labs.NO_BROWSER)
    for number in ROWS:
        with tempfile.TemporaryDirectory() as folder, _opened(Path(folder), number) as browser:
            for what, value, unit in _journey(browser):
                yield Figure(f"panel, {number:,} rows: {what}", value, unit, 1 if unit == "s" else 0)
            yield Figure(
                f"panel, {number:,} rows: memory of the kernel at most", _memory(Path(folder)), "MB", 0
            )


@contextmanager
def _opened(folder: Path, number: int) -> Iterator[Any]:
    """A browser in which a panel without a file is drawn."""
    project = folder / "project"
    project.mkdir()
    files.recipients(project / "people.csv", number, bad=BAD, header=HEADER)
    notebook = project / "campaign.ipynb"
    notebook.write_text(json.dumps(_notebook("import smscampaign as sms\n\nsms.Panel()")), "utf-8")
    with labs.jupyterlab(folder, project) as address, labs.chromium(folder) as browser:
        browser.get(address(notebook.name))
        until_the_kernel_answers(browser)
        do(browser, "notebook:run-all-cells")
        until(browser, f"return {_HEADS}.length == 5")
        yield browser


def _notebook(source: str) -> dict[str, Any]:
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "panel",
        "metadata": {},
        "outputs": [],
        "source": source,
    }
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def _journey(browser: Any) -> Iterator[tuple[str, float, str]]:
    yield "file proposed", _file(browser), "ms"
    yield "message step opened", _message(browser), "ms"
    yield from _typed(browser)
    yield from _checked(browser)
    yield from _corrected(browser)
    yield from _sent(browser)


def _file(browser: Any) -> float:
    """From Enter in the field of the path to the columns with what they are used for."""
    act = (
        "const input = document.querySelector('.sms-panel input[name=path]'); input.value = 'people.csv';"
        "input.closest('form').requestSubmit(input.closest('form').querySelector('button'))"
    )
    return page_clock.step(browser, act, f"{_BODIES}[0].textContent.includes('recognised: Mobile')")


def _head(browser: Any, at: int, seen: str) -> float:
    """From a click on the heading of a step to what is seen in it."""
    head = f"{_HEADS}[{at}]"
    until(browser, f"return {head}.getAttribute('aria-disabled') == 'false'")
    # By a click what was typed is left, and kept.
    return page_clock.step(
        browser, f"{head}.focus(); {head}.click()", f"{_BODIES}[{at}].checkVisibility() && {seen}"
    )


def _message(browser: Any) -> float:
    return _head(browser, 1, "document.querySelector('.sms-count').textContent")


def _typed(browser: Any) -> Iterator[tuple[str, float, str]]:
    """A text is typed and a purpose chosen."""
    write = (
        f"{_AREA}.value = {json.dumps(TEXT)}; {_AREA}.dispatchEvent(new Event('input', {{bubbles: true}}));"
    )
    page_clock.step(browser, write, f"{_BUBBLE}.textContent.startsWith('Soldes à ')")
    times = page_clock.keys(browser, KEYS, apart=APART, rest_after=REST_AFTER, rest=REST)
    yield "a key until the phone shows it, median", statistics.median(times), "ms"
    yield "a key until the phone shows it, 95th of 100", statistics.quantiles(times, n=20)[-1], "ms"
    yield (
        "purpose chosen",
        _filled(browser, "purpose", "transactional", f"!{_BUBBLE}.textContent.includes('STOP')"),
        "ms",
    )
    _filled(browser, "sender", "Sandbox", f"{_HEADS}[2].getAttribute('aria-disabled') == 'false'")


def _filled(browser: Any, name: str, value: str, seen: str) -> float:
    one = f"document.querySelector('.sms-panel [name={name}]')"
    act = f"{one}.value = {json.dumps(value)}; {one}.dispatchEvent(new Event('change', {{bubbles: true}}))"
    return page_clock.step(browser, act, seen)


def _checked(browser: Any) -> Iterator[tuple[str, float, str]]:
    """The plan is looked at; a text is typed while the whole file is being planned; and looked at again."""
    drawn = f"{_ROWS}.length > 0 && {_FIGURES}"
    yield "check step opened, with its grid", _head(browser, 2, drawn), "ms"
    yield "message step opened while the file is planned", _message(browser), "ms"
    times = page_clock.keys(browser, KEYS_MEANWHILE, apart=APART, rest_after=KEYS, rest=REST)
    yield "a key until the phone shows it, while the file is planned: median", statistics.median(times), "ms"
    yield "a key until the phone shows it, while the file is planned: the longest", max(times), "ms"
    _head(browser, 2, drawn)
    yield "the whole file looked at", _whole(browser) / 1000, "s"


def _whole(browser: Any) -> float:
    return page_clock.step(browser, "", f"{_CHECK}.textContent && !{_WAITS}.test({_CHECK}.textContent)")


def _corrected(browser: Any) -> Iterator[tuple[str, float, str]]:
    """The last row of the grid is put right."""
    browser.execute_script(f"window.corrected = {_ROWS}.at(-1).querySelector('th').textContent")
    place = f"{_ROWS}.find(one => one.querySelector('th').textContent == window.corrected)"
    opened = page_clock.step(
        browser, f"{place}.querySelector('.sms-actions button:nth-last-child(2)').click()", _EDITOR
    )
    yield "a row opened to be edited", opened, "ms"
    act = (
        f"window.figures = {_CHECK}.textContent; const cell = {_EDITOR}; cell.value = '07 99 00 12 34';"
        "cell.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))"
    )
    kept = page_clock.step(browser, act, f"!{place} && {_CHECK}.textContent != window.figures")
    yield "a cell corrected, in grid and figures", kept, "ms"
    _whole(browser)


def _sent(browser: Any) -> Iterator[tuple[str, float, str]]:
    """The code is typed; once all is sent, the results are looked at."""
    asked = f"{_BODIES}[3].querySelector('input[name=code]')?.checkVisibility()"
    yield "send step opened", _head(browser, 3, asked), "ms"
    act = (
        f"const form = {_BODIES}[3].querySelector('input[name=code]').form;"
        "form.elements.code.value = form.querySelector('.sms-note').textContent.trim().split(/\\s+/).at(-1);"
        "form.requestSubmit(form.querySelector('button'))"
    )
    yield (
        "code typed until it is at work",
        page_clock.step(browser, act, f"{_BODIES}[3].textContent.includes('being prepared')"),
        "ms",
    )
    until(browser, f"return {_HEADS}[3].textContent.includes('✓')", 300)
    yield "results opened", _head(browser, 4, f"{_BODIES}[4].querySelectorAll('tbody tr').length > 5"), "ms"


def _memory(folder: Path) -> float:
    """The most that the kernel of the JupyterLab in `folder` ever had, in MB (Linux)."""
    for one in Path("/proc").iterdir():
        with suppress(OSError):
            if (
                one.name.isdigit()
                and f"{folder}/jupyter/runtime/kernel-".encode() in (one / "cmdline").read_bytes()
            ):
                lines = (one / "status").read_text("ascii").splitlines()
                return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return math.nan
