"""The pictures of the panel in a real JupyterLab, as the browser tests drive it; `docs/make_pictures.py` takes them too."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

from smscampaign.settings import edits
from tests.browser import labs
from tests.browser.pages import change_theme, do, until, until_the_kernel_answers
from tests.browser.panels import NUMBER, drop, fill, people, press, run_all, said, says, shot, write

#: Pixels: of the window, and of the narrow one that is shown in the dark theme.
WIDE, NARROW = 1280, 600

#: Pixels of the page that are shown around it.
EDGE = 5

#: The colours a picture keeps: a page has few, and the file is a third of one with all of them.
COLOURS = 64

#: Where the panel, or the cell that holds it, stands in the window.
BOX = (
    "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
    "return [box.left, box.top, box.right, box.bottom]"
)


def taken(browser: Any, image: Path, *, of: str = ".sms-panel", width: int = WIDE) -> None:
    """The picture of one element; no full number may stand in it."""
    if NUMBER.search(re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", "", said(browser))):
        raise RuntimeError(f"{image.name} would show a full number")
    browser.execute_script("document.activeElement.blur()")
    shot(browser, image, width)
    left, top, right, bottom = browser.execute_script(BOX, of)
    around = (round(left) - EDGE, round(top) - EDGE, round(right) + EDGE, round(bottom) + EDGE)
    whole = Image.open(image).convert("RGB").crop(around)
    whole.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS).save(image, optimize=True)


def notebook(folder: Path) -> str:
    """A notebook whose one cell is the panel; gives its name."""
    cell = nbformat.v4.new_code_cell('import smscampaign as sms\n\nsms.Panel("clients.csv")')
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), folder / "campaign.ipynb")
    return "campaign.ipynb"


def campaign(browser: Any, project: Path, images: Path) -> None:
    """From a file that is dropped to the results, with a picture of what the docs show on the way."""
    drop(browser, "clients.csv", people())
    says(browser, "recognised: Mobile")
    # So slowly that the picture of the sending is taken half-way.
    edits.save(project / "clients.toml", {"limits.calls_per_minute": 120})
    press(browser, "Message", ".sms-head")
    write(browser, "Bonjour {{ Prénom }}, « -20% » samedi à {{ Ville }} avec le code PRINTEMPS")
    fill(browser, "Sender", "Sandbox\t")
    says(browser, "Write plain quotes")
    taken(browser, images / "panel-message.png")
    press(browser, "Write plain quotes")
    until(browser, "return document.querySelector('.sms-bubble').textContent.includes('\"')")
    press(browser, "Check", ".sms-head")
    says(browser, "63 rows: 60 messages")
    taken(browser, images / "panel-check.png")
    press(browser, "Send", ".sms-head")
    says(browser, "type the code of this plan")
    _, _, code = said(browser).partition("type the code of this plan: ")
    fill(browser, "Code", f"{code[:4]}\n")
    says(browser, "a minute;")
    time.sleep(3)
    taken(browser, images / "panel-send.png")
    says(browser, "60 accepted", 120)
    press(browser, "Message", ".sms-head")
    change_theme(browser, "JupyterLab Dark")
    taken(browser, images / "panel-dark.png", of=".jp-Cell", width=NARROW)


def take(folder: Path, images: Path) -> None:
    """All of them, in English; `folder` holds the JupyterLab, `images` gets the pictures."""
    project = folder / "project"
    project.mkdir()
    with labs.jupyterlab(folder, project) as address, labs.chromium(folder) as browser:
        browser.get(address(notebook(project)))
        until_the_kernel_answers(browser)
        do(browser, "application:toggle-left-area")
        run_all(browser)
        campaign(browser, project, images)
