"""A campaign in cells in a real JupyterLab: what a person sees after "Run All", in the light theme and in the dark one."""

import os
import shutil

import pytest

from tests.browser.pages import change_theme, contrast, do, picture, until, until_the_kernel_answers
from tests.notebooks.cells import written

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")) and not os.environ.get("CI"),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]


@pytest.fixture
def cells(project):
    """A notebook of these cells among the others."""
    return written(project / "notebooks" / "cells.ipynb")


def test_run_all_shows_the_plan_and_sends_nothing(lab, browser, cells, tmp_path):
    browser.get(lab("notebooks/cells.ipynb"))
    until_the_kernel_answers(browser)
    do(browser, "application:toggle-left-area")
    assert "to send 1\u202f158 messages through the sandbox" in _asked(browser)
    _answer(browser, "")
    until(browser, "return document.querySelectorAll('.smscampaign').length == 3")
    until(browser, "return document.querySelectorAll('.smscampaign-list').length == 4")

    said = [page.text for page in browser.find_elements("css selector", ".smscampaign")]
    assert "Nothing leaves until its code" in said[1]
    assert "Les Jardins de Flore" in said[1]
    assert said[2].startswith("Spring sale not sent yet")
    assert "Nothing was sent" in said[2]
    assert all(page.is_displayed() for page in browser.find_elements("css selector", ".smscampaign"))
    inbox = browser.find_elements("css selector", ".smscampaign-list")[2]
    assert "message" in inbox.text
    assert inbox.find_elements("css selector", "tbody tr") == []
    assert not browser.find_elements("css selector", "[data-mime-type='application/vnd.jupyter.stderr']")
    assert not browser.find_elements("css selector", "[data-mime-type='application/vnd.jupyter.error']")
    assert not browser.find_elements("css selector", ".smscampaign [src], .smscampaign [href]")

    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        change_theme(browser, theme)
        assert contrast(browser) > 4.5, theme  # WCAG 2 AA for running text
        picture(browser, tmp_path / f"{theme.split()[-1].lower()}.png")


def test_whoever_types_the_code_sends(lab, browser, cells):
    browser.get(lab("notebooks/cells.ipynb"))
    until_the_kernel_answers(browser)
    do(browser, "application:toggle-left-area")
    code = _asked(browser).split()[1]
    _answer(browser, code.lower())
    until(browser, "return document.querySelectorAll('.smscampaign').length == 3")
    until(browser, "return document.querySelectorAll('.smscampaign-list').length == 4")
    said = browser.find_elements("css selector", ".smscampaign")[2].text
    assert said.startswith("Spring sale sent through the sandbox")
    inbox = browser.find_elements("css selector", ".smscampaign-list")[2]
    assert len(inbox.find_elements("css selector", "tbody tr")) == 5
    assert not browser.find_elements("css selector", "[data-mime-type='application/vnd.jupyter.error']")


def _asked(browser) -> str:
    """Begin to run all cells; gives what is asked when one of them waits for an answer."""
    browser.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    until(browser, "return document.querySelector('.jp-Stdin-input')")
    return browser.find_element("css selector", ".jp-Stdin-prompt").text


def _answer(browser, words: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.find_element("css selector", ".jp-Stdin-input").send_keys(words + Keys.ENTER)
