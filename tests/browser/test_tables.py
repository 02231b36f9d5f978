"""Tables in a real JupyterLab: what matters is seen without scrolling, in a narrow window and beside the file browser."""

import os
import shutil

import pytest

from tests.browser.pages import do, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")) and not os.environ.get("CI"),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]

NOTEBOOK = "notebooks/02_from_a_dataframe.ipynb"

#: Of each table its left and right border, and those of its columns.
BORDERS = """
const borders = one => { const box = one.getBoundingClientRect(); return [box.left, box.right]; };
return [...document.querySelectorAll('.smscampaign-list')].map(
    one => [borders(one), Object.fromEntries([...one.querySelectorAll('th')].map(it => [it.innerText, borders(it)]))])
"""


@pytest.fixture
def executed(project):
    """The notebook with its outputs, as somebody saved it."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(project / NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(project / "notebooks")}}
    how = {"timeout": 300, "startup_timeout": 180, "kernel_name": "python3", "store_widget_state": False}
    NotebookClient(notebook, resources=place, **how).execute()
    nbformat.write(notebook, project / NOTEBOOK)


def test_texts_and_reasons_are_seen_without_scrolling(lab, browser, executed):
    browser.get(lab(NOTEBOOK))
    until(browser, "return document.querySelectorAll('.smscampaign-list').length == 3")
    _window(browser, 1280)
    (left, right), columns = _tables(browser)[0]
    for name in ("because", "suggestion"):
        assert left <= columns[name][0] < columns[name][1] <= right, name
    _window(browser, 600)
    do(browser, "application:toggle-left-area")
    until(browser, "return document.querySelector('.smscampaign-list').getBoundingClientRect().left < 200")
    (left, right), columns = _tables(browser)[1]
    assert left <= columns["text"][0] < columns["text"][1] <= right


def _window(browser, width):
    size = {"width": width, "height": 4000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    until(browser, f"return window.innerWidth == {width}")


def _tables(browser):
    return browser.execute_script(BORDERS)
