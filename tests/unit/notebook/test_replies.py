"""What people answered to a run, as a frame."""

from __future__ import annotations

import pandas as pd
import requests

import smscampaign as sms


def test_answers_are_a_frame_with_masked_numbers(spring):
    settings = 'message = "Hello {{ name }}"\npurpose = "transactional"\nregion = "FR"\n'
    spring.with_suffix(".toml").write_text(settings, "utf-8")  # from a short number, which can be answered
    plan = sms.Campaign.load(spring).plan()
    with sms.sandbox() as gateway:
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert len(run.replies()) == 0
        first = run.results(numbers=True).query("sms_status == 'accepted'").iloc[0]
        address = gateway.carrier.api.clients.endpoint.removesuffix("/1.0")
        for text in ("Oui, au 07 99 00 00 10", "STOP"):
            asked = {"messageId": int(first["sms_id"]), "text": text}
            assert requests.post(f"{address}/_sandbox/reply", json=asked, timeout=10).status_code == 200
        found = run.replies()
    assert found["text"].tolist() == ["Oui, au •• •• •• •• 10", "STOP"]
    assert found["stop"].isna().tolist() == [True, False]
    assert found["match"].tolist() == ["certain", "certain"]
    assert set(found["number"]) == {"+33 • •• •• •• 10"}
    assert isinstance(found["at"].dtype, pd.DatetimeTZDtype)
    assert found.index.tolist() == [first["sms_row"]] * 2
