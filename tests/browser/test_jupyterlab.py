"""The first notebook in a real JupyterLab: what a person sees after "Run All", in the light theme and in the dark one."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
NOTEBOOK = "notebooks/01_first_campaign.ipynb"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER) and not os.environ.get("CI"),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab that serves a copy of the notebook and the sample; gives its address with the token."""
    folder = tmp_path / "project"
    for name in ("notebooks", "sample_data"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.sqlite*", "*.results.csv", ".ipynb*")
        )
    state, token = tmp_path / "jupyter", secrets.token_hex(8)
    _quiet(state / "settings")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("OVH_", "JUPYTER"))},
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
    }
    options = ["--no-browser", "--allow-root", "--LabApp.expose_app_in_browser=True"]
    server = [f"--IdentityProvider.token={token}", "--ServerApp.port=18888", "--ServerApp.port_retries=200"]
    command = [sys.executable, "-m", "jupyterlab", *options, *server, f"--ServerApp.root_dir={folder}"]
    with (tmp_path / "lab.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        yield f"{_address(state / 'runtime', process, tmp_path / 'lab.log')}lab/tree/{NOTEBOOK}?token={token}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def browser(tmp_path):
    """Chromium without a window."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or "chromium"
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1200,1000",
        f"--user-data-dir={tmp_path / 'chromium'}",
    ):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER or "chromedriver"))
    driver.set_script_timeout(90)
    # JupyterLab's current notebook is the one that has the focus, which a window without a screen may never get.
    driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
    try:
        yield driver
    finally:
        driver.quit()


def test_run_all_shows_the_plan_and_sends_nothing(lab, browser, tmp_path):
    browser.get(lab)
    _until_the_kernel_answers(browser)
    _do(browser, "application:toggle-left-area")
    assert "to send 1 158 messages through the sandbox" in _asked(browser)
    _answer(browser, "")
    _until(browser, "return document.querySelectorAll('.smscampaign').length == 3")
    _until(browser, "return document.querySelectorAll('.smscampaign-list').length == 4")

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
        _change_theme(browser, theme)
        assert _contrast(browser) > 4.5, theme  # WCAG 2 AA for running text
        _picture(browser, tmp_path / f"{theme.split()[-1].lower()}.png")


def test_whoever_types_the_code_sends(lab, browser):
    browser.get(lab)
    _until_the_kernel_answers(browser)
    _do(browser, "application:toggle-left-area")
    code = _asked(browser).split()[1]
    _answer(browser, code.lower())
    _until(browser, "return document.querySelectorAll('.smscampaign').length == 3")
    _until(browser, "return document.querySelectorAll('.smscampaign-list').length == 4")
    said = browser.find_elements("css selector", ".smscampaign")[2].text
    assert said.startswith("Spring sale sent through the sandbox")
    inbox = browser.find_elements("css selector", ".smscampaign-list")[2]
    assert len(inbox.find_elements("css selector", "tbody tr")) == 5
    assert not browser.find_elements("css selector", "[data-mime-type='application/vnd.jupyter.error']")


def _asked(browser) -> str:
    """Begin to run all cells; gives what is asked when one of them waits for an answer."""
    browser.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    _until(browser, "return document.querySelector('.jp-Stdin-input')")
    return browser.find_element("css selector", ".jp-Stdin-prompt").text


def _answer(browser, words: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.find_element("css selector", ".jp-Stdin-input").send_keys(words + Keys.ENTER)


def _quiet(settings: Path) -> None:
    """All cells are in the page at once, and no question about news covers it."""
    for name, chosen in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(chosen))


def _address(runtime: Path, process: subprocess.Popen, log: Path) -> str:
    end = time.monotonic() + 180
    while time.monotonic() < end and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            text = file.read_text()
            if text.endswith("}"):
                return json.loads(text)["url"].replace("localhost", "127.0.0.1")
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def _until(browser, script: str, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not browser.execute_script(script):
        assert time.monotonic() < end, f"never came true: {script}"
        time.sleep(0.1)


def _until_the_kernel_answers(browser, quiet: float = 2.0) -> None:
    """JupyterLab connects to a new kernel twice, and what is run in between is lost: wait until it has stayed connected."""
    steady = (
        "const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;"
        "return kernel?.connectionStatus == 'connected' && kernel.status == 'idle'"
    )
    since, end = time.monotonic(), time.monotonic() + 180
    while time.monotonic() - since < quiet:
        if not browser.execute_script(steady):
            since = time.monotonic()
        assert time.monotonic() < end, "the kernel never answered"
        time.sleep(0.1)


def _do(browser, command: str, **arguments: str) -> None:
    """A command of JupyterLab's menus, until it is done."""
    problem = browser.execute_async_script(
        "const [name, given, done] = arguments;"
        "window.jupyterapp.commands.execute(name, given).then(() => done(null), error => done(String(error)))",
        command,
        arguments,
    )
    assert problem is None


def _change_theme(browser, theme: str) -> None:
    _do(browser, "apputils:change-theme", theme=theme)
    _until(browser, f"return document.body.dataset.jpThemeName == '{theme}'")
    time.sleep(0.5)


def _contrast(browser) -> float:
    """Between the text of a page and what it stands on, by WCAG's formula."""
    text, ground = browser.execute_script(
        "const page = document.querySelectorAll('.smscampaign')[1].querySelector('td');"
        "let under = page; const see = e => getComputedStyle(e).backgroundColor;"
        "while (under.parentElement && /rgba\\(.*, 0\\)/.test(see(under))) under = under.parentElement;"
        "return [getComputedStyle(page).color, see(under)]"
    )
    light, dark = sorted((_luminance(text), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [float(one) / 255 for one in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _picture(browser, path: Path) -> None:
    """The whole notebook in one picture, however long it is."""
    browser.set_window_size(1200, 1000)
    page = "document.querySelector('.jp-WindowedPanel-outer')"
    height = browser.execute_script(f"return [...{page}.querySelectorAll('.jp-Cell')].at(-1).offsetTop")
    browser.set_window_size(1200, height + 800)
    browser.execute_script(f"{page}.scrollTop = 0")
    time.sleep(0.5)
    assert browser.save_screenshot(str(path))
