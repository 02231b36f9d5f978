"""The sandbox's page in a real browser: a campaign arrives, a person answers STOP, the clock moves, no text runs."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import ovh
import pytest

from smscampaign.sandbox import Sandbox, running
from tests.browser.labs import CHROMIUM, DRIVER, chromium

# unassigned range of the sample data
PEOPLE = ("+33799009001", "+33799009002", "+33799009003")
NASTY = "<img src=x onerror=\"document.title='hurt'\"><script>document.title='hurt'</script>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER) and not os.environ.get("CI"),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium without a window, the same one for all tests of the page."""
    with chromium(tmp_path_factory.mktemp("inbox"), size="1300,900") as driver:
        yield driver


@contextmanager
def opened(browser, **settings):
    """A sandbox with its page in the browser; at the end the page must have met no error and loaded nothing foreign."""
    with running(settings=Sandbox(**settings)) as here:
        browser.get_log("browser")
        browser.get(here.url)
        until(browser, "return document.querySelector('#figures dd') !== null")
        try:
            yield here
            loaded = browser.execute_script(
                "return performance.getEntriesByType('resource').map(one => one.name)"
            )
            assert all(address.startswith(here.url) for address in loaded)
            # what the sandbox refused on purpose is no error of the page
            assert [
                one for one in browser.get_log("browser") if "/_sandbox/reply" not in one["message"]
            ] == []
        finally:
            browser.get("about:blank")  # a page that is open asks on, and would miss its sandbox


def until(browser, script, *values, seconds=60):
    end = time.monotonic() + seconds
    while not (answer := browser.execute_script(script, *values)):
        assert time.monotonic() < end, f"never came true: {script}"
        time.sleep(0.1)
    return answer


def campaign(here, folder, *, purpose, message="Bonjour {{ name }} : -20 % jusqu'à samedi", name="spring"):
    """Send to three people by the real command line, in a process of its own."""
    (folder / f"{name}.csv").write_text("name,number\n" + "".join(f"Zoé {n},{n}\n" for n in PEOPLE), "utf-8")
    settings = {"message": message, "purpose": purpose, "region": "FR", "sender": "Sandbox"}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    (folder / f"{name}.toml").write_text(text + '[columns]\nnumber = "number"\n', "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "smscampaign", "run", str(folder / f"{name}.csv"), "--yes"],
        env={**os.environ, **here.environment(), "HOME": str(folder)},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def state(browser, number):
    """The last bubble's state on a phone."""
    script = "return document.querySelector(`[data-number='${arguments[0]}'] .out:last-of-type`)?.dataset.state ?? null"
    return browser.execute_script(script, number)


def phone(browser, number):
    return browser.find_element("css selector", f".phone[data-number='{number}']")


def test_a_campaign_held_at_night_leaves_in_the_morning_and_somebody_answers_stop(browser, tmp_path):
    with opened(browser, hold=True, start="2026-03-06T21:30+01:00") as here:
        assert "This is a sandbox" in browser.find_element("tag name", "header").text
        assert "No message yet" in browser.find_element("id", "none").text
        done = campaign(here, tmp_path, purpose="marketing")
        assert done.returncode == 0, done.stderr

        until(browser, "return document.querySelectorAll('.phone .out').length == 3")
        said = phone(browser, PEOPLE[0]).text
        assert "Bonjour Zoé +33799009001 : -20 % jusqu'à samedi\nSTOP 36xxx" in said
        assert "Sandbox" in said
        assert "1 part · GSM-7 · 1 credit" in said
        assert "leaves Sat 7 Mar 08:00" in said
        assert state(browser, PEOPLE[0]) == "held"
        assert "9,997" in browser.find_element("id", "figures").text

        browser.find_element("css selector", "#held button").click()
        until(browser, "return document.querySelectorAll('.out.delivered').length == 3")
        assert "Sat 7 Mar 2026, 08:0" in browser.find_element("id", "now").text
        assert "None is waiting" in browser.find_element("id", "held").text

        phone(browser, PEOPLE[1]).find_element("css selector", ".quick button").click()
        until(browser, "return document.querySelector('.in .text')?.textContent == 'STOP'")
        until(browser, "return document.querySelectorAll('.chip.bad').length == 1")
        assert "blacklisted" in phone(browser, PEOPLE[1]).text
        client = ovh_client(here)
        assert client.get(f"/sms/{here.account}/blacklists") == [PEOPLE[1]]
        assert len(client.get(f"/sms/{here.account}/incoming")) == 1


def ovh_client(here):
    import ovh.client as names

    names.ENDPOINTS[here.endpoint] = here.endpoint
    return ovh.Client(
        endpoint=here.endpoint,
        application_key=here.application_key,
        application_secret=here.application_secret,
        consumer_key=here.consumer_key,
    )


def send(here, message="Hello", *, receivers=PEOPLE[:1], **params):
    job = {"message": message, "receivers": list(receivers), "sender": "Sandbox", **params}
    return ovh_client(here).post(f"/sms/{here.account}/jobs", **job)


def test_texts_are_shown_and_never_run(browser):
    with opened(browser) as here:
        send(here, NASTY, tag=NASTY, noStopClause=True)
        until(browser, "return document.querySelector('.out .text') !== null")
        assert browser.find_element("css selector", ".out .text").text == NASTY
        assert not browser.find_elements("css selector", ".phone img, .phone script, #calls img")
        assert browser.title == "SMS sandbox"
        # a name cannot be answered, and the page says why, beside the phone
        box = phone(browser, PEOPLE[0]).find_element("css selector", ".answer input")
        box.send_keys("Oui\n")
        until(browser, "return document.querySelector('.note').textContent.includes('cannot be answered')")
        assert box.get_attribute("value") == "Oui"


def test_the_clock_the_faults_and_the_last_calls(browser):
    from selenium.webdriver.support.ui import Select

    with opened(browser, start="2026-03-06T12:00+01:00") as here:
        send(here, differedPeriod=90)
        until(browser, "return document.querySelector('.out.held') !== null")
        browser.find_element("css selector", "[data-step='3600']").click()
        until(browser, "return document.getElementById('now').textContent.includes('13:0')")
        assert state(browser, PEOPLE[0]) == "held"
        Select(browser.find_element("id", "speed")).select_by_value("600")
        until(browser, "return document.querySelector('.out.delivered') !== null")
        until(browser, "return document.getElementById('pace').textContent == '× 600'")

        Select(browser.find_element("id", "kind")).select_by_visible_text("502 with a gateway’s HTML page")
        Select(browser.find_element("id", "often")).select_by_visible_text("the next one only")
        browser.find_element("css selector", "#fault button").click()
        until(browser, "return document.getElementById('fault-count').textContent == '1 in force'")
        with pytest.raises(ovh.exceptions.APIError):
            send(here)
        until(browser, "return document.querySelector('#calls .no')?.textContent == '502'")
        assert "hit 1 of 1 call" in browser.find_element("id", "faults").text
        browser.find_element("id", "behave").click()
        until(browser, "return document.getElementById('faults').textContent.includes('behaves')")


def test_a_key_waits_for_a_person(browser):
    with opened(browser) as here:
        client = ovh_client(here)
        asked = client.request_consumerkey([{"method": "GET", "path": "/sms"}])
        with pytest.raises(ovh.exceptions.InvalidCredential):
            client.get("/sms")
        until(
            browser,
            "return document.getElementById('keys').textContent.includes(arguments[0])",
            asked["consumerKey"],
        )
        assert "GET /sms" in browser.find_element("id", "keys").text
        browser.find_element("css selector", "#keys button.main").click()
        until(browser, "return document.getElementById('keys-box').hidden")
        assert client.get("/sms") == [here.account]


def test_one_phone_among_many_is_found(browser):
    with opened(browser, credits=10_000) as here:
        receivers = [f"+337990090{n:02}" for n in range(100)]
        send(here, receivers=receivers)
        until(browser, "return document.querySelectorAll('.phone').length == 24")
        browser.find_element("id", "older").click()
        until(
            browser,
            "return !document.getElementById('newest').hidden && document.querySelectorAll('.phone').length == 24",
        )
        browser.find_element("id", "number").send_keys("07 99 00 90 42\n")
        until(browser, "return document.querySelectorAll('.phone').length == 1")
        assert phone(browser, "+33799009042").is_displayed()
        browser.find_element("id", "everyone").click()
        until(browser, "return document.querySelectorAll('.phone').length == 24")


def test_it_can_be_used_without_a_mouse_and_by_ear(browser):
    with opened(browser) as here:
        send(here)
        until(browser, "return document.querySelector('.phone') !== null")
        until(browser, "return document.getElementById('live').textContent.includes('Message to')")
        nameless = browser.execute_script(
            "return [...document.querySelectorAll('button, input, select, .talk, pre')].filter(one => one.offsetParent"
            " && !one.ariaLabel && !one.textContent.trim() && !one.labels?.length).map(one => one.outerHTML)"
        )
        assert nameless == []
        assert (
            browser.execute_script("return [...document.querySelectorAll('h1, h2, h3')][0].tagName") == "H1"
        )
        places = visited(browser)
        assert places[0].startswith("Skip")
        assert places.index("+1 min") < places.index("Find") < places.index("Answer as +33799009001")
        assert places.index("Answer as +33799009001") < places.index("Set this fault")


def visited(browser, steps=40):
    """Where the tab key leads, from the top of the page on."""
    from selenium.webdriver import ActionChains, Keys

    browser.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    places = []
    for _ in range(steps):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        script = "const one = document.activeElement; return one.ariaLabel ?? one.textContent.trim()"
        places.append(browser.execute_script(script))
    return places


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1300])
def test_it_is_readable_and_fits(browser, theme, width):
    media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": width, "height": 850, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        with opened(browser, start="2026-03-06T12:00+01:00", blacklist=PEOPLE[2:]) as here:
            send(here, receivers=PEOPLE[:2])
            send(here, differedPeriod=90)
            send(here, "x" * 150, receivers=PEOPLE[2:], noStopClause=True)
            body = json.dumps({"receiver": PEOPLE[0], "text": "STOP"}).encode()
            wanted = urllib.request.Request(here.url + "_sandbox/reply", body)
            urllib.request.urlopen(wanted, timeout=10).close()
            until(browser, "return document.querySelector('.in') !== null")
            until(browser, "return document.querySelectorAll('.phone').length == 3")
            until(browser, "return document.getAnimations().every(one => one.playState == 'finished')")
            faint = browser.execute_script(CONTRAST)
            assert faint == []
            # not `innerWidth`: a phone zooms out until what is too wide fits
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


# Every piece of text whose contrast with what it stands on is below 4.5 (WCAG 2, AA).
CONTRAST = """
const share = one => (one /= 255) <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
const parts = text => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * share(r) + 0.7152 * share(g) + 0.0722 * share(b);
const ground = one => {
  for (; one; one = one.parentElement) {
    const colour = parts(getComputedStyle(one).backgroundColor);
    if (colour.length === 3 || colour[3] > 0.99) return colour;
  }
  return [255, 255, 255];
};
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (walk.nextNode()) {
  const one = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || !one.offsetParent || one.closest('.unseen, .skip, noscript, option')) continue;
  seen++;
  const [dim, bright] = [light(parts(getComputedStyle(one).color)), light(ground(one))].sort((a, b) => a - b);
  if ((bright + 0.05) / (dim + 0.05) < 4.5) found.push(`${one.className}: ${walk.currentNode.data.trim()}`);
}
return seen > 40 ? found : ['hardly any text was seen'];
"""
