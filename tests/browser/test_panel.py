"""The panel in a real JupyterLab: from a messy file to the answer, with a kernel that is killed half-way."""

import os
import re
import shutil
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from smscampaign import ways
from smscampaign.campaign.files import Files
from smscampaign.settings import edits
from tests.browser.pages import change_theme, do, until, until_the_kernel_answers
from tests.browser.panels import (
    NUMBER,
    drop,
    field,
    fill,
    found,
    patiently,
    people,
    press,
    run_all,
    said,
    says,
    shot,
    write,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")) and not os.environ.get("CI"),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]


def standing(folder) -> Counter:
    place = Files.beside(folder / "clients.csv", rehearsal=True).journal
    if not place.exists():
        return Counter()
    with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as journal:
        return Counter(dict(journal.execute("SELECT fate, count(*) FROM fate GROUP BY fate")))


def test_from_a_dropped_file_to_the_results_with_a_kernel_that_is_killed(
    lab, browser, notebook, project, tmp_path
):
    browser.get(lab("campaign.ipynb"))
    until_the_kernel_answers(browser)
    do(browser, "application:toggle-left-area")
    run_all(browser)
    shot(browser, tmp_path / "0-drop.png")
    # 1. The file.
    drop(browser, "Kunden März.csv", people())
    says(browser, "recognised: Mobile")
    assert (project / "clients.csv").stat().st_mode & 0o777 == 0o600
    assert field(browser, "Region").get_attribute("value") == "FR"
    assert not NUMBER.search(said(browser))
    shot(browser, tmp_path / "1-file.png")
    # So slowly that a kernel can be killed half-way.
    edits.save(project / "clients.toml", {"limits.calls_per_minute": 120})
    # 2. The message.
    press(browser, "Message", ".sms-head")
    write(browser, "Bonjour {{ Prénom }}, « -20% » samedi à {{ Ville }} ")
    says(browser, "Bonjour Person 0, « -20% » samedi à Lyon")
    says(browser, "because of « »")
    write(browser, "avec le code PRINTEMPS")
    fill(browser, "Sender", "Sandbox\t")
    says(browser, "Write plain quotes")
    shot(browser, tmp_path / "2-message.png")
    press(browser, "Write plain quotes")
    until(browser, "return document.querySelector('.sms-bubble').textContent.includes('\"')")
    # 3. The check.
    press(browser, "Check", ".sms-head")
    says(browser, "63 rows: 60 messages")
    says(browser, "Fix 2 numbers, fill the empty cells of 1 row")
    shot(browser, tmp_path / "3-check.png")
    press(browser, "Use the suggestion")
    says(browser, "63 rows: 61 messages")
    # The keyboard goes on with the next row.
    until(browser, "return document.activeElement.closest('tr')?.querySelector('th')?.textContent == '13'")
    press(browser, "Edit")
    until(browser, "return document.activeElement.closest('.sms-editor')")
    cell = browser.switch_to.active_element
    assert cell.get_attribute("value") == "06 12 34"
    cell.send_keys(" 99 02\n")
    says(browser, "63 rows: 62 messages")
    press(browser, "Send nothing to this person")
    says(browser, "1 row was dropped")
    assert (project / "clients.csv").read_text("utf-8") == people()
    # 4. The sending.
    press(browser, "Send", ".sms-head")
    says(browser, "type the code of this plan")
    names = "return [...document.querySelectorAll('.sms-panel [id^=sms-]')].map(one => one.id)"
    assert len(set(browser.execute_script(names))) == len(browser.execute_script(names))
    shot(browser, tmp_path / "4-send.png")
    code = re.search(r"type the code of this plan: (\w{4})", said(browser))[1]
    fill(browser, "Code", "ZZZZ\n")
    says(browser, "Nothing was sent: that is not the code of this plan.")
    assert not standing(project)
    fill(browser, "Code", f"{code.lower()}\n")
    says(browser, "a minute;")
    says(browser, "It is being sent from this computer, since ")
    shot(browser, tmp_path / "5-bar.png")
    before = standing(project)["accepted"]
    assert 0 < before < 62
    # The kernel is killed; sending goes on, and the panel says so.
    kernel = browser.execute_script(
        "return window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
    )
    kill_kernel(project.parent, kernel)
    says(browser, "The kernel has stopped. Run this cell again; sending goes on.", 60)
    shot(browser, tmp_path / "6-stopped.png")
    browser.execute_script(
        "document.querySelector('.jp-Dialog button')?.click()"
    )  # it has died: JupyterLab says so too
    until_the_kernel_answers(browser)
    run_all(browser)
    until(browser, "return document.querySelectorAll('.sms-panel').length == 1")
    says(browser, "62 accepted", 120)
    # 5. The results.
    press(browser, "Results", ".sms-head")
    says(browser, "accepted by the look-alike")
    assert not NUMBER.search(re.sub(r"\d{4}-\d\d-\d\d", "", said(browser)))
    shot(browser, tmp_path / "7-results.png")
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    press(browser, "Download clients.sandbox.results.csv")
    results = Files.beside(project / "clients.csv", rehearsal=True).results
    arrived = tmp_path / results.name
    patiently(lambda: same_bytes(arrived, results))
    with ways.sandbox(Files.beside(project / "clients.csv", rehearsal=True).sandbox) as way:
        taken = Counter(way.accepted(numbers=True)["receiver"])
    assert len(taken) == 62
    assert set(taken.values()) == {1}
    # Run All sends nothing, and what is saved holds neither a number nor the code.
    do(browser, "notebook:run-all-cells")
    time.sleep(2)
    do(browser, "docmanager:save")
    saved = notebook.read_text("utf-8")
    assert code not in saved
    assert not NUMBER.search(re.sub(r"[0-9a-f]{32}|\d{4}-\d\d-\d\d[T ][\d:.]+", "", saved))
    # Dark and narrow.
    change_theme(browser, "JupyterLab Dark")
    shot(browser, tmp_path / "8-dark.png", 600)
    for step in ("File", "Message", "Check", "Send"):
        press(browser, step, ".sms-head")
        time.sleep(0.5)
        shot(browser, tmp_path / f"9-dark-{step.lower()}.png", 600)
        wide = "return [...document.querySelectorAll('.sms-panel .sms-piece')].every(e => e.scrollWidth <= e.clientWidth + 1)"
        assert browser.execute_script(wide), step


def same_bytes(one, other) -> None:
    assert one.exists()
    assert one.read_bytes() == other.read_bytes()


def kill_kernel(folder, kernel) -> None:
    """SIGKILL to the process that has the connection file of that kernel among its words."""
    for one in os.listdir("/proc"):
        if not one.isdigit():
            continue
        try:
            words = Path("/proc", one, "cmdline").read_bytes()
        except OSError:
            continue
        if f"kernel-{kernel}".encode() in words and str(folder).encode() in words:
            os.kill(int(one), signal.SIGKILL)
            return
    raise AssertionError("the kernel is not found")


#: More than the server's limit for one message, and more rows than are looked at at once.
LARGE = """
const rows = ['Prénom;Mobile;Ville'];
for (let n = 0; n < 200000; n += 1) {
  const four = String(n % 10000).padStart(4, '0');
  rows.push(`Person ${n};06 12 34 ${four.slice(0, 2)} ${four.slice(2)};Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson`);
}
const carried = new DataTransfer();
carried.items.add(new File([rows.join('\\n')], 'large.csv', {type: 'text/csv'}));
document.querySelector('.sms-drop').dispatchEvent(
  new DragEvent('drop', {dataTransfer: carried, bubbles: true, cancelable: true}));
"""

#: Milliseconds from each key to the phone that shows it, as a person types.
TYPED = """
const done = arguments[0], area = document.querySelector('.sms-panel textarea'), times = [];
const bubble = document.querySelector('.sms-bubble');
(async () => {
  for (let n = 0; n < 20; n += 1) {
    const begin = performance.now();
    const seen = new Promise((told) => {
      const look = new MutationObserver(() => { look.disconnect(); told(performance.now()); });
      look.observe(bubble, {childList: true, subtree: true, characterData: true});
    });
    area.setRangeText('x', area.value.length, area.value.length, 'end');
    area.dispatchEvent(new Event('input', {bubbles: true}));
    times.push(await seen - begin);
    await new Promise((next) => setTimeout(next, 30));
  }
  done(times);
})();
"""


def took(act) -> float:
    begin = time.monotonic()
    act()
    return time.monotonic() - begin


def test_a_large_file_by_the_keyboard_and_a_page_that_is_loaded_again(
    lab, browser, notebook, project, tmp_path, capsys
):
    from selenium.webdriver.common.keys import Keys

    browser.get(lab("campaign.ipynb"))
    until_the_kernel_answers(browser)
    run_all(browser)
    browser.execute_script(LARGE)
    figures = {"13 MB dropped": took(lambda: says(browser, "recognised: Mobile", 90))}
    assert (project / "clients.csv").stat().st_size > 12 * 1024 * 1024

    def head(words):
        patiently(lambda: focused(browser, words))
        browser.switch_to.active_element.send_keys(Keys.ENTER)

    head("Message")
    says(browser, "Text")
    figures["message opened"] = took(lambda: write(browser, "Bonjour {{ Prénom }} "))
    says(browser, "Bonjour Person 0")
    times = sorted(browser.execute_async_script(TYPED))
    figures["a key, median"] = times[len(times) // 2] / 1000
    area = browser.switch_to.active_element
    assert area.tag_name == "textarea"
    for _ in range(6):  # by Tab, past the columns and the phone, to the sender
        browser.switch_to.active_element.send_keys(Keys.TAB)
    names = [browser.switch_to.active_element.get_attribute("name")]
    while "sender" not in names and len(names) < 10:
        browser.switch_to.active_element.send_keys(Keys.TAB)
        names.append(browser.switch_to.active_element.get_attribute("name"))
    assert names[-1] == "sender"
    browser.switch_to.active_element.send_keys("Sandbox", Keys.ENTER)
    until(
        browser, "return document.querySelectorAll('.sms-head')[2].getAttribute('aria-disabled') == 'false'"
    )
    head("Check")
    figures["a sample of 200 000 rows"] = took(lambda: says(browser, "These are the first 1"))
    figures["all of them"] = took(lambda: says(browser, "duplicates are left out", 120))
    # The page is loaded again while the kernel lives: what is drawn comes from the kernel, and no cell is run.
    do(browser, "docmanager:save")
    browser.refresh()
    says(browser, "duplicates are left out", 90)
    with capsys.disabled():
        print("\n" + "\n".join(f"{name}: {seconds:.2f} s" for name, seconds in figures.items()))
    assert figures["a key, median"] < 0.5
    assert figures["a sample of 200 000 rows"] < 10
    assert not [one for one in found(browser, "input, select, textarea") if not labelled(browser, one)]


def focused(browser, words) -> None:
    (one,) = [one for one in found(browser, ".sms-head") if words in one.text] or [None]
    assert one is not None
    browser.execute_script("arguments[0].focus()", one)


def labelled(browser, element) -> bool:
    return browser.execute_script(
        "return Boolean(arguments[0].labels?.length || arguments[0].ariaLabel)", element
    )
