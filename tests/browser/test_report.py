"""The report in a real browser: on a phone nothing is cut off, nothing is asked of any network, nothing goes wrong."""

import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from smscampaign.cli.app import run_app
from smscampaign.sandbox import Sandbox, running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")) and not os.environ.get("CI"),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]

#: A name without spaces, longer than a phone is wide.
LONG = "Ausverkauf" * 8


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The report of a campaign three days later, in French."""
    rows = "\n".join(f"+337990{n:05d}" for n in range(120))
    (tmp_path / "spring.csv").write_text(f"mobile\n{rows}\n+337\nnobody\n", "utf-8")
    (tmp_path / "spring.toml").write_text(
        f'name = "{LONG} <img src=x onerror=alert(1)>"\nmessage = "Bonjour {LONG}"\npurpose = "transactional"\n'
        'region = "FR"\nsender = "Sandbox"\nlanguage = "fr"\n[limits]\nreceivers_per_call = 10\n',
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    mix = {"failed_share": 0.1, "unreachable_share": 0.05, "delayed_share": 0.3}
    with running(settings=Sandbox(receipt_delay=600, **mix)) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        assert run_app(["run", "spring.csv", "--yes"]) == 0
        here.world.clock.step(3 * 86_400)
        assert run_app(["receipts", "spring.csv"]) == 0
    assert run_app(["report", "spring.csv"]) == 0
    return tmp_path / "spring.report.html"


@pytest.fixture
def asked():
    """The paths that were asked for."""
    return []


@pytest.fixture
def address(page, asked):
    """Served from this machine, so that whatever the page asks for is seen."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(page.parent))

        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{page.name}"
        server.shutdown()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off_asked_for_or_wrong(browser, address, asked, width):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd("Log.enable", {})
    browser.get(address)
    wide = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1] == width
    # With all tables open as well: a wide one scrolls within itself.
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    pictures = browser.execute_script(
        "return [...document.querySelectorAll('figure')].map(one => [one.querySelector('svg').getBoundingClientRect().width,"
        " one.querySelector('figcaption').innerText, one.nextElementSibling.tagName,"
        " one.nextElementSibling.querySelectorAll('tbody tr').length])"
    )
    assert len(pictures) >= 4
    for drawn, caption, behind, rows in pictures:
        assert 0.8 * min(width, 500) < drawn <= width, caption
        assert caption
        assert behind == "DETAILS"
        assert rows >= 1, caption
    assert (
        browser.execute_script("return performance.getEntriesByType('resource').map(one => one.name)") == []
    )
    assert [one for one in asked if not one.endswith((".html", "/favicon.ico"))] == []
    assert [one for one in browser.get_log("browser") if "favicon" not in one["message"]] == []
    assert browser.execute_script("return document.querySelectorAll('img, script').length") == 0
    assert browser.execute_script("return document.documentElement.lang") == "fr"


def test_letters_of_pictures_are_legible_on_a_phone_and_stay_within_them(browser, address):
    size = {"width": 360, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(address)
    words = browser.execute_script(
        "return [...document.querySelectorAll('figure svg')].flatMap(svg => {const box = svg.getBoundingClientRect();"
        " return [...svg.querySelectorAll('text')].map(one => {const it = one.getBoundingClientRect();"
        " return [one.textContent.trim(), it.height, it.left - box.left, box.right - it.right]})})"
    )
    assert len(words) > 20
    for word, high, left, right in words:
        assert high >= 9, word
        assert left >= -1, word
        assert right >= -1, word


def test_all_tables_are_printed(browser, page, address):
    browser.get(address)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    hidden = browser.execute_script(
        "return [...document.querySelectorAll('details table')].filter(one => one.getBoundingClientRect().height < 20).length"
    )
    assert hidden == 0
