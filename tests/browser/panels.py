"""What a person does in a panel, and what is looked at."""

import re
import time

from tests.browser.pages import do, until

PEOPLE = 60

#: A full number, however it is written.
NUMBER = re.compile(r"\+?\d(?:[ .-]?\d){7,}")


def people() -> str:
    """A list with good rows, a letter for a digit, a number that is too short, and a row that is nobody's."""
    rows = [f"Person {n};06 12 34 {n // 100:02d} {n % 100:02d};Lyon" for n in range(PEOPLE)]
    rows[10:10] = ["Odile;O6 12 34 99 01;Nice", "Remy;06 12 34;Metz", "Nadia;;Brest"]
    return "\n".join(["Prénom;Mobile;Ville", *rows, ""])


def run_all(browser) -> None:
    do(browser, "notebook:run-all-cells")
    until(browser, "return document.querySelector('.sms-panel .sms-head')")


def found(browser, css):
    """The elements of that kind that can be seen."""
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())",
        f".sms-panel {css}",
    )


def patiently(act):
    """What a person does who waits until it is there, and looks again when it was drawn anew."""
    from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException

    end = time.monotonic() + 60
    while True:
        try:
            return act()
        except (AssertionError, ElementNotInteractableException, StaleElementReferenceException):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def press(browser, words, css="button"):
    def act():
        ones = [one for one in found(browser, css) if words in one.text and one.is_enabled()]
        assert ones, f"there is no {words!r} to press: {said(browser)}"
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", ones[0])
        ones[0].click()

    patiently(act)


def said(browser) -> str:
    return browser.execute_script(
        "return [...document.querySelectorAll('.sms-panel')].map(one => one.innerText).join('\\n')"
    )


def says(browser, words, seconds=40) -> None:
    end = time.monotonic() + seconds
    while words not in said(browser):
        assert time.monotonic() < end, f"it never said {words!r}:\n{said(browser)}"
        time.sleep(0.1)


def field(browser, label):
    (mark,) = [one for one in found(browser, "label") if one.text.strip().startswith(label)] or [None]
    assert mark is not None, f"there is no field {label!r}: {said(browser)}"
    return browser.find_element("id", mark.get_attribute("for"))


def fill(browser, label, words) -> None:
    patiently(lambda: field(browser, label).send_keys(words))


def drop(browser, name, text, size=0) -> None:
    """A file as it is dropped from the desktop; padded to `size` bytes."""
    browser.execute_script(
        "const [name, text, size] = arguments;"
        "const file = new File([text.padEnd(size, '\\n')], name, {type: 'text/csv'});"
        "const carried = new DataTransfer(); carried.items.add(file);"
        "document.querySelector('.sms-drop').dispatchEvent("
        "new DragEvent('drop', {dataTransfer: carried, bubbles: true, cancelable: true}))",
        name,
        text,
        size,
    )


def write(browser, text) -> None:
    def act():
        areas = found(browser, "textarea")
        assert areas
        areas[0].click()
        return areas[0]

    patiently(act).send_keys(text)


def shot(browser, path, width=1280) -> None:
    """The whole panel in one picture."""
    browser.set_window_size(width, 1000)
    time.sleep(0.4)
    height = browser.execute_script("return document.querySelector('.sms-panel').scrollHeight")
    browser.set_window_size(width, int(height) + 420)
    time.sleep(0.6)
    browser.execute_script("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    assert browser.save_screenshot(str(path))
