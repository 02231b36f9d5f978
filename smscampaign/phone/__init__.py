"""Phone numbers as people type them, to E.164."""

from smscampaign.phone.normaliser import (
    REGIONS,
    Normaliser,
    NotANumber,
    country,
    known_region,
    normalise,
    normalise_slowly,
)

__all__ = ["REGIONS", "Normaliser", "NotANumber", "country", "known_region", "normalise", "normalise_slowly"]
