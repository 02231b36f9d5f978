"""A campaign in cells, as who writes Python in a notebook has it: from the file to the results, rehearsed in a sandbox."""

import json
from pathlib import Path

#: Beside the folder of the samples.
CELLS = (
    "import smscampaign as sms",
    'campaign = sms.Campaign.load("../sample_data/spring_sale.csv")\ncampaign',
    "plan = campaign.plan()\nplan",
    "plan.preview(10)",
    "plan.rejections.head(10)",
    "with sms.sandbox() as gateway:\n    run = plan.deliver(gateway)\n    inbox = gateway.accepted()\nrun",
    "inbox.head(5)",
    "run.preview(10)",
    "run.save()",
)


def written(path: Path, cells=CELLS) -> Path:
    """A notebook of these cells."""
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    drawn = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{at}",
            "metadata": {},
            "outputs": [],
            "source": one,
        }
        for at, one in enumerate(cells)
    ]
    path.write_text(
        json.dumps({"cells": drawn, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    return path
