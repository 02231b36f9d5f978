"""A JupyterLab in a folder of its own, and Chromium without a window, driven as a person does."""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.pages import address, quiet

ROOT = Path(__file__).parents[2]
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@pytest.fixture
def project(tmp_path):
    """A copy of the notebooks and the sample."""
    folder = tmp_path / "project"
    for name in ("notebooks", "sample_data"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.sqlite*", "*.results.csv", ".*")
        )
    return folder


@pytest.fixture
def lab(tmp_path, project):
    """A JupyterLab that serves the project; opens one of its notebooks: gives the address with the token."""
    state, token = tmp_path / "jupyter", secrets.token_hex(8)
    quiet(state / "settings")
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
    command = [sys.executable, "-m", "jupyterlab", *options, *server, f"--ServerApp.root_dir={project}"]
    with (tmp_path / "lab.log").open("w") as log:
        process = subprocess.Popen(command, cwd=project, env=environment, stdout=log, stderr=log)
    try:
        begin = address(state / "runtime", process, tmp_path / "lab.log")
        yield lambda notebook: f"{begin}lab/tree/{notebook}?token={token}"
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
