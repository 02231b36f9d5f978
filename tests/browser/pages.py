"""What a person does in JupyterLab, and what is looked at."""

import json
import subprocess
import time
from pathlib import Path


def quiet(settings: Path) -> None:
    """All cells are in the page at once, and no question about news covers it."""
    for name, chosen in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(chosen))


def address(runtime: Path, process: subprocess.Popen, log: Path) -> str:
    end = time.monotonic() + 180
    while time.monotonic() < end and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            text = file.read_text()
            if text.endswith("}"):
                return json.loads(text)["url"].replace("localhost", "127.0.0.1")
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def until(browser, script: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not browser.execute_script(script):
        assert time.monotonic() < end, f"never came true: {script}"
        time.sleep(0.1)


def until_the_kernel_answers(browser, quiet: float = 2.0) -> None:
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


def do(browser, command: str, **arguments: str) -> None:
    """A command of JupyterLab's menus, until it is done."""
    problem = browser.execute_async_script(
        "const [name, given, done] = arguments;"
        "window.jupyterapp.commands.execute(name, given).then(() => done(null), error => done(String(error)))",
        command,
        arguments,
    )
    assert problem is None


def change_theme(browser, theme: str) -> None:
    do(browser, "apputils:change-theme", theme=theme)
    until(browser, f"return document.body.dataset.jpThemeName == '{theme}'")
    time.sleep(0.5)


def contrast(browser) -> float:
    """Between the text of a page and what it stands on, by WCAG's formula."""
    text, ground = browser.execute_script(
        "const page = document.querySelectorAll('.smscampaign')[1].querySelector('td');"
        "let under = page; const see = e => getComputedStyle(e).backgroundColor;"
        "while (under.parentElement && /rgba\\(.*, 0\\)/.test(see(under))) under = under.parentElement;"
        "return [getComputedStyle(page).color, see(under)]"
    )
    light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    shares = [float(one) / 255 for one in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def picture(browser, path: Path) -> None:
    """The whole notebook in one picture, however long it is."""
    browser.set_window_size(1200, 1000)
    page = "document.querySelector('.jp-WindowedPanel-outer')"
    height = browser.execute_script(f"return [...{page}.querySelectorAll('.jp-Cell')].at(-1).offsetTop")
    browser.set_window_size(1200, height + 800)
    browser.execute_script(f"{page}.scrollTop = 0")
    time.sleep(0.5)
    assert browser.save_screenshot(str(path))
