"""The panel's fifth step in a real JupyterLab: pictures and tables that everybody can see, narrow and dark too."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.browser.pages import do, until_the_kernel_answers
from tests.browser.panels import NUMBER, people, press, run_all, said, says
from tests.browser.test_panel_access import looked_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")) and not os.environ.get("CI"),
        reason="needs a browser: apt-get install chromium chromium-driver",
    ),
]


def test_what_became_of_a_rehearsal_is_drawn_asked_for_and_written(lab, browser, notebook, project, tmp_path):
    (project / "clients.csv").write_text(people(), "utf-8")
    (project / "clients.toml").write_text(
        'message = "Bonjour {{ Prénom }}"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n',
        "utf-8",
    )
    sent = [sys.executable, "-m", "smscampaign", "run", "clients.csv", "--sandbox", "--yes", "--no-strict"]
    assert subprocess.run(sent, cwd=project, capture_output=True, check=False).returncode in {0, 1}
    browser.get(lab("campaign.ipynb"))
    until_the_kernel_answers(browser)
    do(browser, "application:toggle-left-area")
    run_all(browser)
    says(browser, "what became of them is not known yet", 60)
    press(browser, "Ask for receipts")
    says(browser, "got their message", 120)
    press(browser, "Write the report")
    says(browser, "Download clients.sandbox.report.html")
    assert not NUMBER.search(said(browser))
    assert looked_at(browser, "results", tmp_path) == []
    wide = "return [...document.querySelectorAll('.sms-panel .sms-piece')].every(e => e.scrollWidth <= e.clientWidth + 1)"
    browser.set_window_size(600, 1000)
    assert browser.execute_script(wide)
