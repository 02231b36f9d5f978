"""What users call their columns and write into cells is theirs: in no language is it translated."""

import re

import pandas as pd
import pytest

import smscampaign as sms
from smscampaign.languages import catalogue_of

#: Words of the catalogues, alone and several at a time.
CELLS = ("name", "because", "under a minute", "not set")


def campaign(language):
    rows = [[*CELLS, number] for number in ("07 99 00 00 10", "07 99 00 00 11", *CELLS)]
    words = " ".join(f"{{{{ {one} }}}}" for one in ("name", "because"))
    frame = pd.DataFrame(rows, columns=["name", "because", "time", "or", "Mobile"])
    return sms.Campaign(
        frame, message=words, region="FR", purpose="transactional", sender="time", lang=language
    )


def test_the_words_that_are_tried_are_words_of_the_catalogues():
    for language in ("fr", "pl"):
        known = {one for one, many in catalogue_of(language).sources}
        assert len(known.intersection(CELLS)) >= 3, known.intersection(CELLS)


@pytest.mark.parametrize("language", ["fr", "pl"])
def test_columns_cells_and_senders_stay_as_they_are(folder, language):
    one = campaign(language)
    columns = ", ".join(("name", "because", "time", "or", "Mobile"))
    assert columns in repr(one)
    assert columns in one._repr_html_()
    plan = one.plan()
    for page in (repr(plan), plan._repr_html_()):
        assert "name because" in page
        assert re.search(r"(Expéditeur|Nadawca)\s+time\s", re.sub("<[^>]+>", " ", page))
    assert list(plan.preview()["text"]) == ["name because"] * 2
    bad = plan.rejections(numbers=True)
    assert list(bad["Mobile"]) == list(CELLS)
    for cell, reason in zip(CELLS, bad["because"], strict=True):
        assert cell in reason
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        results = run.results(numbers=True)
    assert list(results.columns[:5]) == ["name", "because", "time", "or", "Mobile"]
    assert list(results["time"]) == ["under a minute"] * 6
    for cell, reason in zip(CELLS, results["sms_reason"][2:], strict=True):
        assert cell in reason
