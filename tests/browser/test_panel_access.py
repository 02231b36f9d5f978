"""The panel for whoever uses no mouse, does not see well, or sees no colours: WCAG 2.2 AA, looked at in a real browser."""

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from smscampaign.settings import edits
from tests.browser.pages import change_theme, do, until, until_the_kernel_answers
from tests.browser.panels import patiently, people, run_all, said, says, shot

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")) and not os.environ.get("CI"),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]

AUDIT = Path(__file__).with_name("audit.js").read_text("utf-8")

THEMES = ("JupyterLab Dark", "JupyterLab Light")


class Keyboard:
    """Somebody who has no mouse: a key goes to whatever has the focus."""

    def __init__(self, browser) -> None:
        self.browser = browser

    def press(self, *keys) -> None:
        from selenium.webdriver import ActionChains

        # Not to the element: in a field for files selenium takes every key for the name of one.
        ActionChains(self.browser).send_keys(*keys).perform()

    def name(self) -> str:
        """What a screen reader says of what has the focus."""
        return self.browser.execute_script(
            "const one = document.activeElement;"
            "return !one.closest('.sms-panel') ? '' : one.ariaLabel || one.labels?.[0]?.textContent || one.textContent || ''"
        ).strip()

    def to(self, words: str, *, most: int = 60) -> None:
        """By Tab to what is called so."""
        from selenium.webdriver.common.keys import Keys

        passed = []
        for _ in range(most):
            if words in self.name():
                return
            passed.append(self.name())
            self.press(Keys.TAB)
        raise AssertionError(f"Tab never came to {words!r}: {passed}")

    def into(self) -> None:
        """To the first heading, where somebody arrives who comes by Tab from the cell above."""
        self.browser.execute_script("document.querySelector('.sms-panel .sms-head').focus()")


def looked_at(browser, step: str, folder: Path) -> list[str]:
    """What is wrong in either theme, wide or narrow."""
    wrong = []
    for theme in THEMES:
        change_theme(browser, theme)
        for width in (600, 1280):
            shot(browser, folder / f"{step}-{theme.split()[-1].lower()}-{width}.png", width)
            wrong += [f"{step}, {theme}, {width}: {one}" for one in browser.execute_script(AUDIT)]
    return wrong


def test_a_campaign_by_the_keyboard_alone_and_what_everybody_can_see(
    lab, browser, notebook, project, tmp_path
):
    from selenium.webdriver.common.keys import Keys

    (project / "people.csv").write_text(people(), "utf-8")
    browser.get(lab("campaign.ipynb"))
    until_the_kernel_answers(browser)
    do(browser, "application:toggle-left-area")
    run_all(browser)
    wrong = looked_at(browser, "0-drop", tmp_path)
    keyboard = Keyboard(browser)
    keyboard.into()
    keyboard.to("or give its path")
    keyboard.press("people.csv", Keys.ENTER)
    says(browser, "recognised: Mobile")
    wrong += looked_at(browser, "1-file", tmp_path)
    edits.save(project / "people.toml", {"limits.calls_per_minute": 120})
    keyboard.into()
    keyboard.to("Message")
    keyboard.press(Keys.ENTER)
    until(browser, "return document.querySelector('.sms-panel textarea')?.checkVisibility()")
    keyboard.to("Text")
    keyboard.press("Bonjour {{ Prénom }}, « -20% » samedi à {{ Ville }} avec le code PRINTEMPS")
    says(browser, "Bonjour Person 0")
    keyboard.to("Sender")
    keyboard.press("Sandbox")
    keyboard.to("Purpose")
    says(browser, "Write plain quotes")
    wrong += looked_at(browser, "2-message", tmp_path)
    keyboard.into()
    keyboard.to("Check")
    keyboard.press(Keys.ENTER)
    says(browser, "63 rows: 60 messages")
    wrong += looked_at(browser, "3-check", tmp_path)
    keyboard.to("Use the suggestion")
    keyboard.press(Keys.ENTER)
    says(browser, "63 rows: 61 messages")
    keyboard.to("Edit")
    keyboard.press(Keys.ENTER)
    patiently(lambda: keyboard.to("Mobile", most=4))
    wrong += looked_at(browser, "3-edit", tmp_path)
    keyboard.press(Keys.ESCAPE)
    keyboard.into()
    keyboard.to("Go on: Send")
    keyboard.press(Keys.ENTER)
    says(browser, "type the code of this plan")
    wrong += looked_at(browser, "4-send", tmp_path)
    code = re.search(r"type the code of this plan: (\w{4})", said(browser))[1]
    keyboard.into()
    keyboard.to("Code of the plan")
    keyboard.press(code, Keys.ENTER)
    says(browser, "a minute;")
    keyboard.to("Pause")
    wrong += looked_at(browser, "4-bar", tmp_path)
    keyboard.press(Keys.ENTER)
    says(browser, "It stands still")
    wrong += looked_at(browser, "4-paused", tmp_path)
    keyboard.to("Resume")
    keyboard.press(Keys.ENTER)
    says(browser, "61 accepted", 120)
    keyboard.into()
    keyboard.to("Results")
    keyboard.press(Keys.ENTER)
    says(browser, "accepted by the look-alike")
    time.sleep(1)
    wrong += looked_at(browser, "5-results", tmp_path)
    assert wrong == []
