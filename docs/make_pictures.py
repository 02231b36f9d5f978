"""Take the pictures of the README and the docs anew: `python -m docs.make_pictures`, or only some: `… report panel`.

`run.png` is what `make demo` shows in a terminal of 120 columns, `inbox.png` the sandbox's page after it (`run` takes
both), `report.png` a report, `panel-*.png` the panel in JupyterLab, in English. Needs Debian's chromium and
chromium-driver and the extra `notebook`; reaches nobody.
"""

from __future__ import annotations

import io
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
COLUMNS, LINES = 120, 60

#: Pixels of the picture of a terminal.
WIDTH = 1100


def shown(command: list[str], folder: Path) -> str:
    """What a command writes to a terminal, as it stands there at the end."""
    master, slave = pty.openpty()
    # As in a shell where the environment is active: the commands it names begin with `smscampaign`.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    size = os.environ | {
        "COLUMNS": str(COLUMNS),
        "LINES": str(LINES),
        "TERM": "xterm-256color",
        "VIRTUAL_ENV": sys.prefix,
        "PATH": path,
    }
    running = subprocess.Popen(command, cwd=folder, stdout=slave, stderr=slave, stdin=slave, env=size)
    os.close(slave)
    written = io.BytesIO()
    while True:
        try:
            some = os.read(master, 65536)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not some:
            break
        written.write(some)
    running.wait(60)
    os.close(master)
    lines = written.getvalue().decode().replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def terminal(text: str, title: str, folder: Path) -> tuple[Path, float]:
    """A page with the text as a terminal shows it, and how high it is for its width."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), soft_wrap=False)
    page = folder / "terminal.html"
    svg = console.export_svg(title=title, theme=MONOKAI)
    page.write_text(f"<!doctype html><body style='margin:0'>{svg}</body>", "utf-8")
    _, _, width, height = map(float, svg.partition('viewBox="')[2].partition('"')[0].split())
    return page, height / width


def photograph(address: str, image: Path, *, width: int, height: int) -> None:
    """What a browser shows of a page."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("chromium is missing: apt-get install chromium")
    with tempfile.TemporaryDirectory() as profile:
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=1.5",
        ]
        flags += [
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            "--virtual-time-budget=4000",
        ]
        subprocess.run(
            [browser, *flags, "--disable-background-networking", f"--screenshot={image}", address],
            check=True,
            capture_output=True,
            timeout=120,
        )
    Image.open(image).convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(image, optimize=True)


def report(folder: Path) -> None:
    """A report on a screen and on a phone, side by side: of 640 people in three countries, three days later."""
    from smscampaign.cli.app import run_app
    from smscampaign.sandbox import Sandbox, running

    ranges = (("+337990{:05d}", 480), ("+4851200{:04d}", 100), ("+447400123{:03d}", 60))
    numbers = [number.format(100 + n) for number, many in ranges for n in range(many)]
    bad = ["0799", "", "+33142000000", "nobody", "0799000001", "+48 12"]
    (folder / "spring.csv").write_text("\n".join(["mobile", *numbers, *bad, numbers[0]]) + "\n", "utf-8")
    (folder / "spring.toml").write_text(
        'name = "Spring sale"\nmessage = "20 % off all perennials until Saturday, in the shop and online."\n'
        'purpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n[limits]\nreceivers_per_call = 40\n',
        "utf-8",
    )
    mix = {"failed_share": 0.03, "unreachable_share": 0.02, "delayed_share": 0.35, "longest_delay": 30_000}
    before = Path.cwd()
    os.chdir(folder)
    try:
        with running(settings=Sandbox(receipt_delay=900, **mix)) as here:
            os.environ.update(here.environment())
            run_app(["run", "spring.csv", "--yes"])
            here.world.clock.step(3 * 86_400)
            run_app(["receipts", "spring.csv"])
        run_app(["report", "spring.csv"])
    finally:
        os.chdir(before)
    page, high = (folder / "spring.report.html").as_uri(), 1060
    shots = [(folder / f"{width}.png", width) for width in (760, 360)]
    for image, width in shots:
        photograph(page, image, width=width, height=high)
    scale = 1.5
    whole = Image.new("RGB", (round((760 + 360 + 60) * scale), round((high + 40) * scale)), "#d8dde3")
    left = 20
    for image, width in shots:
        whole.paste(Image.open(image).convert("RGB"), (round(left * scale), round(20 * scale)))
        left += width + 20
    whole.convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(IMAGES / "report.png", optimize=True)


def run_and_inbox(folder: Path) -> None:
    """The sample campaign in a terminal, and what the sandbox's page shows after it."""
    from smscampaign.campaign.files import Files

    for file in ("spring_sale.csv", "spring_sale.toml"):
        shutil.copy(ROOT / "sample_data" / file, folder)
    words = ["run", "spring_sale.csv", "--sandbox", "--yes"]
    text = shown([str(Path(sys.executable).with_name("smscampaign")), *words], folder)
    page, high = terminal(text, " ".join(["smscampaign", *words]), folder)
    photograph(page.as_uri(), IMAGES / "run.png", width=WIDTH, height=round(WIDTH * high))
    database = Files.beside(folder / "spring_sale.csv", rehearsal=True).sandbox
    sandbox = [sys.executable, "-m", "smscampaign.sandbox", "--port", "0", "--database", str(database)]
    server = subprocess.Popen(sandbox, stdout=subprocess.PIPE, text=True)
    try:
        said = (server.stdout.readline() if server.stdout else "").split()
        endpoint = next(word.partition("=")[2] for word in said if word.startswith("OVH_ENDPOINT="))
        time.sleep(1)
        photograph(endpoint.removesuffix("/1.0") + "/", IMAGES / "inbox.png", width=1200, height=820)
    finally:
        server.terminate()
        server.wait(30)


def panel(folder: Path) -> None:
    """The panel's steps; JupyterLab keeps all of its own in the folder."""
    from docs import panel_pictures

    panel_pictures.take(folder, IMAGES)


#: What can be asked for, and what takes it.
TAKERS = {"report": report, "run": run_and_inbox, "panel": panel}


def main(names: list[str]) -> None:
    """Take those, or all of them."""
    if unknown := sorted(set(names) - set(TAKERS)):
        sys.exit(f"no such pictures: {', '.join(unknown)}; there are {', '.join(TAKERS)}")
    for name in names or TAKERS:
        with tempfile.TemporaryDirectory() as folder:
            TAKERS[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
