"""A JupyterLab in a folder of its own, and Chromium without a window: for the tests, and for the benchmark of the panel."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.pages import address, quiet

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

#: What is said where one of them is missing.
NO_BROWSER = "needs a browser: apt-get install chromium chromium-driver"


@contextmanager
def jupyterlab(folder: Path, project: Path) -> Iterator[Callable[[str], str]]:
    """Serves `project` and keeps everything of its own in `folder`; gives the address, with its token, of a notebook."""
    state, token = folder / "jupyter", secrets.token_hex(8)
    quiet(state / "settings")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("OVH_", "JUPYTER"))},
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
    }
    options = ["--no-browser", "--allow-root", "--LabApp.expose_app_in_browser=True"]
    server = [f"--IdentityProvider.token={token}", "--ServerApp.port=18888", "--ServerApp.port_retries=200"]
    command = [sys.executable, "-m", "jupyterlab", *options, *server, f"--ServerApp.root_dir={project}"]
    with (folder / "lab.log").open("w") as log:
        process = subprocess.Popen(command, cwd=project, env=environment, stdout=log, stderr=log)
    try:
        begin = address(state / "runtime", process, folder / "lab.log")
        yield lambda notebook: f"{begin}lab/tree/{notebook}?token={token}"
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def chromium(folder: Path, *, size: str = "1200,1000"):
    """Selenium's driver of a Chromium that keeps everything of its own in `folder`."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or "chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
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
        f"--window-size={size}",
        f"--user-data-dir={folder / 'chromium'}",
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
