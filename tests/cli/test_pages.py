"""What the pages of the manual show is run as it stands there, in the order of the page, against a sandbox."""

from __future__ import annotations

import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import requests

import smscampaign
from smscampaign.packs import Packs
from smscampaign.pricing import RateCache
from smscampaign.sandbox import Credential, Fault, FaultKind

from .conftest import lines, number
from .pages import BLOCKS, LINES, PAGES, blocks, is_shown
from .walks import PROOFS, SAVED, SCENES, SPRING, Walk, proof, scene


@scene("coming-from-the-php-guide.md", "gateway = sms.connect()")
@scene("notebooks.md", "gateway = sms.connect()")
def _answered(walk: Walk) -> None:
    """Somebody sits there, and types the last four digits."""
    walk.patch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    walk.patch.setattr("builtins.input", lambda _: "1234")


@proof("coming-from-the-php-guide.md", "gateway = sms.connect()")
@proof("notebooks.md", "gateway = sms.connect()")
def _it_was_taken(walk: Walk) -> None:
    assert walk.names["report"].ids
    assert walk.names["report"].credits_removed == 1
    assert "+33799001234" in {row["receiver"] for row in walk.here.accepted()}


@proof("coming-from-the-php-guide.md", 'confirm="K7QX"')
def _python_sent_it(walk: Walk) -> None:
    assert [row["message"] for row in walk.here.accepted()] == ["Bonjour les SMS OVH par api.ovh.com"]


@scene("coming-from-the-php-guide.md", 'message = "Bonjour')
def _another_campaign(walk: Walk) -> None:
    """The whole example is another campaign than the first message: what that one had is put aside."""
    for old in walk.folder.glob("first.*"):
        if old.name != "first.csv":
            old.unlink()


@scene("coming-from-the-php-guide.md", 'confirm="K7QX"')
def _its_code(walk: Walk) -> None:
    first, settings = Path("first.csv").read_text("utf-8"), Path("first.toml").read_text("utf-8")
    walk.afresh()
    Path("first.csv").write_text(first, "utf-8")
    Path("first.toml").write_text(settings, "utf-8")
    walk.stands_for["K7QX"] = smscampaign.Campaign.load("first.csv").plan(smscampaign.ovhcloud()).code


@scene("variants.md", "compare spring.csv")
def _two_texts_and_orders(walk: Walk) -> None:
    """A campaign with two texts that was sent, and who has ordered since."""
    tried = '[variants]\ntexts = { B = "Good day" }\nmeasure = "outcome"\ndays = 0.000001\n'
    walk.spring(settings=SPRING + tried)
    rows = [f"Person {n},{number(n)},C{n}" for n in range(150)]
    Path("spring.csv").write_text("\n".join(["name,mobile,customer_id", *rows]), "utf-8")
    Path("orders.csv").write_text("customer_id\nC3\nC4\n", "utf-8")
    walk.command("run", "spring.csv", "--yes")


@proof("variants.md", "compare spring.csv")
def _two_of_all_did_it(walk: Walk) -> None:
    assert is_shown("did it…Too few people did it", walk.said)


@scene("cost.md", "check appointments.csv")
@scene("README.md", "smscampaign run sample_data/spring_sale.csv")
@scene("README.md", "cp sample_data/appointments.csv")
@scene("README.md", 'sms.Campaign.load("sample_data/spring_sale.csv")')
def _with_the_samples(walk: Walk) -> None:
    walk.samples()
    for ending in ("csv", "toml"):
        shutil.copy(f"sample_data/appointments.{ending}", f"appointments.{ending}")
        shutil.copy(f"sample_data/appointments.{ending}", f"spring.{ending}")


@scene("cost.md", "Credits  2 400 in all")
def _what_ovhcloud_sold_that_day(walk: Walk) -> None:
    """As an account remembers it that has asked."""
    walk.patch.delenv("OVH_ENDPOINT")
    prices = ((Decimal(100), Decimal("0.065")), (Decimal(1000), Decimal("0.06175")))
    RateCache().learn("ovh-eu", ["FR"], {"FR": Decimal(1)}.get)
    RateCache().learn_packs("ovh-eu", Packs("FR", "EUR", date(2026, 11, 29), prices, made_up=False))
    walk.spring(2400)
    walk.command("run", "spring.csv", "--dry-run")


@scene("cost.md", "run spring.csv")
def _without_keys(walk: Walk) -> None:
    """What OVHcloud publishes is known, of a sandbox nothing."""
    _with_the_samples(walk)
    walk.patch.delenv("OVH_ENDPOINT", raising=False)


@scene("errors.md", "smscampaign run spring.csv --dry-run")
def _eleven_rows(walk: Walk) -> None:
    rows = ["Ann,Nice,0799000001", "Ben,Nice,0799000002", "Cy,Nice,0799000003", "Di,Nice,O7 99 00 00 12"]
    rows += ["Ed,Nice,01 99 00 00 12", ",,0799000006", ",,0799000007", "Gil,Nice,voir courriel"]
    rows += ["Hal,Nice,0799000008,x", "Ida,Nice,0799000009,x", "Joe,Nice,0799000001"]
    table("spring", "name,city,mobile", *rows, settings=SPRING.replace("{{ name }}", "{{ name }} {{ city }}"))


@scene("errors.md", '{"error"')
def _no_file(walk: Walk) -> None:
    walk.afresh()
    ended = walk.cli("run", "spring.csv", "--dry-run", "--json")
    walk.said = ended.out


@scene("messages.md", "smscampaign run customers.csv")
def _with_consent(walk: Walk) -> None:
    rows = [f"{number(n)},{'Oui' if n < 66 else 'Non'},Client" for n in range(100)]
    Path("customers.csv").write_text("\n".join(["mobile,Opt-in,statut", *rows]), "utf-8")
    Path("customers.toml").write_text(SPRING.replace(" {{ name }}", ""), "utf-8")


@scene("messages.md", "column “Opt-in”")
def _without_where(walk: Walk) -> None:
    walk.command("run", "customers.csv", "--dry-run")


@scene("errors.md", "or spring.rejected.csv")
def _put_right(walk: Walk) -> None:
    walk.command("run", "spring.csv", "--yes")
    text = Path("spring.rejected.csv").read_text("utf-8-sig")
    text = text.replace("O7 99", "07 99").replace("voir courriel", "07 99 00 00 13")
    Path("spring.rejected.csv").write_text(text, "utf-8")


@proof("errors.md", "or spring.rejected.csv")
def _two_more(walk: Walk) -> None:
    fates = [row["sms_status"] for row in lines(Path("spring.results.csv"))]
    assert (fates.count("accepted"), fates.count("rejected")) == (5, 5)


def table(name: str, *rows: str, settings: str = "", charset: str = "utf-8") -> None:
    Path(f"{name}.csv").write_text("\n".join(rows), charset)
    Path(f"{name}.toml").write_text(settings or SPRING.replace(" {{ name }}", ""), "utf-8")


def _typed(n: int) -> str:
    """A number as people in its country write it."""
    return f"0{number(n).removeprefix('+33')}"


@scene("files.md", "read as windows-1250")
def _polish(walk: Walk) -> None:
    table("polish", "name,mobile", f"Łukasz,{number(0)}", f"Michał,{number(1)}", charset="windows-1250")
    walk.command("run", "polish.csv", "--dry-run")


@scene("files.md", "several columns may hold")
def _two_columns(walk: Walk) -> None:
    rows = [
        f"{_typed(n) if n < 12 else '01 99 00 12 34'},{_typed(n + 40) if n < 97 else ''}" for n in range(100)
    ]
    table("two", "Phone,Mobile", *rows)
    walk.code = 2
    walk.command("run", "two.csv", "--dry-run")


@scene("files.md", "no column is named like one")
def _another_name(walk: Walk) -> None:
    table("other", "Name,Kontakt,Id", *(f"Person,{_typed(n) if n < 97 else 'none'},{n}" for n in range(100)))
    walk.code = 2
    walk.command("run", "other.csv", "--dry-run")


@scene("files.md", "column “Pays” looks like countries")
def _countries(walk: Walk) -> None:
    rows = [f"{_typed(n)},{('Belgique' if n < 4 else 'France') if n < 19 else 'x'}" for n in range(26)]
    table("pays", "mobile,Pays", *rows)
    walk.command("run", "pays.csv", "--dry-run")


@scene("nightly.md", "mkdir practice")
def _beside_the_five_minutes(walk: Walk) -> None:
    """Both are the sample: in one folder the second would be the first one's campaign once more."""
    walk.samples()
    for ending in ("csv", "toml"):
        shutil.copy(f"sample_data/appointments.{ending}", f"customers.{ending}")
    walk.command("run", "customers.csv", "--sandbox", "--yes")


@proof("nightly.md", "# nothing new")
def _nothing_new(walk: Walk) -> None:
    assert "Everything of this campaign was sent before" in walk.said


@scene("notebooks.md", "sms.Panel(")
def _customers(walk: Walk) -> None:
    table("customers", "mobile", number(0))


@scene("notebooks.md", "campaign = sms.Campaign(")
def _a_frame(walk: Walk) -> None:
    wrong = {15: "O7 99 00 00 12", 16: "12"}
    rows = [(f"Person {n}", wrong.get(n, number(n + 20))) for n in range(20)]
    walk.names["segment"] = pd.DataFrame(rows, columns=["name", "mobile"])


@scene("notebooks.md", 'sms.Campaign.load("spring.csv")')
def _sent_days_ago(walk: Walk) -> None:
    walk.afresh(receipt_delay=0)
    walk.spring()
    walk.command("run", "spring.csv", "--yes")


@scene("notebooks.md", "segment.join(run.results")
def _sent(walk: Walk) -> None:
    walk.names["plan"] = plan = walk.names["campaign"].plan(smscampaign.ovhcloud())
    walk.names["run"] = plan.deliver(smscampaign.ovhcloud(), confirm=plan.code)


@scene("operations.md", "# stops, and keeps the plan")
def _nobody_agrees(walk: Walk) -> None:
    walk.spring()
    walk.code = 2


@scene("operations.md", "--assume-sent TAG")
def _three_in_doubt(walk: Walk) -> None:
    """Keys without the right to ask cannot settle what was cut off."""
    rules = (("GET", "/sms"), ("GET", "/sms/*/senders*"), ("POST", "/sms/*/jobs"))
    walk.afresh(credentials=(Credential(rules=rules),))
    walk.here.add_faults(Fault(FaultKind.DROP_AFTER))
    walk.spring(3, settings=f"{SPRING}sending.settle = 0\n")
    ended = walk.cli("run", "spring.csv", "--yes")
    walk.names["tags"] = re.findall(r"in doubt: call ([^,]+),", ended.err)
    walk.here.clear_faults()
    _the_next(walk)


@scene("operations.md", "--resend TAG")
def _the_next(walk: Walk) -> None:
    """The others are left: the command ends with 1."""
    walk.stands_for["TAG"] = walk.names["tags"].pop()
    walk.code = 1


@scene("operations.md", "--amend --dry-run")
def _changed(walk: Walk) -> None:
    walk.afresh()
    walk.spring(3)
    walk.cli("run", "spring.csv", "--limit", "1", "--yes")
    walk.spring(4)


@scene("operations.md", "--send-at 2027")
def _left_for_later(walk: Walk) -> None:
    walk.afresh(start="2027-03-06T09:00+01:00")
    walk.spring(3)
    walk.cli("run", "spring.csv", "--limit", "1", "--yes")


@scene("operations.md", "smscampaign cancel spring.csv")
def _some_had_it(walk: Walk) -> None:
    walk.code = 1


@scene("operations.md", "# does everything agree")
def _all_sent(walk: Walk) -> None:
    walk.afresh()
    walk.spring()
    walk.command("run", "spring.csv", "--yes")
    walk.stands_for["uz802zbelx-4"] = lines(Path("spring.results.csv"))[3]["sms_tag"]


@scene("afterwards.md", "smscampaign receipts spring.csv --follow")
def _sent_a_while_ago(walk: Walk) -> None:
    walk.afresh(receipt_delay=0.0)
    walk.spring()
    walk.command("run", "spring.csv", "--yes")


@scene("afterwards.md", "smscampaign replies spring.csv")
def _somebody_answered(walk: Walk) -> None:
    _sent_a_while_ago(walk)


@scene("sandbox.md", "run spring.csv --sandbox")
def _five(walk: Walk) -> None:
    walk.spring()


@scene("sandbox.md", '_sandbox/reply -d \'{"receiver"')
def _somebody_was_written_to(walk: Walk) -> None:
    job = {"message": "Sale", "receivers": ["+33612345678"], "senderForResponse": True}
    assert walk.names["client"].post(f"/sms/{walk.here.account}/jobs", **job)["ids"]


@proof("sandbox.md", "curl -u")
def _its_clock_and_credits(walk: Walk) -> None:
    state = requests.get(f"{walk.here.url}_sandbox/state", timeout=10).json()
    assert state["speed"] == 600
    assert state["accounts"][0]["creditsLeft"] == 10_499


@scene("README.md", "smscampaign lint")
def _finds_something(walk: Walk) -> None:
    walk.code = 1


@scene("README.md", "smscampaign cancel")
def _nothing_to_cancel(walk: Walk) -> None:
    walk.code = 2


def test_every_row_of_the_tables_is_about_something():
    every = [block for page in PAGES for block in blocks(page)]
    shell = [line for block in every if block.language == "sh" for line in block.lines]
    assert [row.start for row in LINES if not any(line.startswith(row.start) for line in shell)] == []
    assert [row.start for row in BLOCKS if not any(block.text.startswith(row.start) for block in every)] == []
    shown = {(block.page, block.text.replace("\\\n", " ")) for block in every}
    for named, words in [*SCENES, *PROOFS]:
        assert any(page == named and words in text for page, text in shown), (named, words)
    assert set(SAVED) <= {(block.page, block.language) for block in every}


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem)
def test_the_examples_of_a_page_work_in_the_order_they_stand_in(page, folder, cli, ovhcloud, monkeypatch):
    walk = Walk(page.name, folder, cli, ovhcloud, monkeypatch)
    for block in blocks(page):
        walk.block(block)


def test_the_first_script_of_the_guide_has_five_lines_as_the_page_says():
    page = next(page for page in PAGES if page.stem == "coming-from-the-php-guide")
    script = [block for block in blocks(page) if block.language == "python"][-1]
    assert len([line for line in script.lines if line]) <= 5
