"""The recipients: a file or a table as a stream of rows, and which of its columns holds what."""

from smscampaign.recipients.choices import Choices
from smscampaign.recipients.columns import (
    Judge,
    called,
    candidate,
    candidates,
    column,
    named_for_numbers,
    number_column,
)
from smscampaign.recipients.corrected import Corrected, respelt
from smscampaign.recipients.country_columns import CountryColumn, country_columns
from smscampaign.recipients.sources import (
    BLOCK,
    CsvFile,
    FrameSource,
    Source,
    from_frame,
    open_csv,
    open_recipients,
    with_remarks,
)

__all__ = [
    "BLOCK",
    "Choices",
    "Corrected",
    "CountryColumn",
    "CsvFile",
    "FrameSource",
    "Judge",
    "Source",
    "called",
    "candidate",
    "candidates",
    "column",
    "country_columns",
    "from_frame",
    "named_for_numbers",
    "number_column",
    "open_csv",
    "open_recipients",
    "respelt",
    "with_remarks",
]
