"""The cost adviser: what a character costs, where it comes from, and what stands for it."""

from smscampaign.advising.advice import Advice, Character, Sample, Saving, Spill
from smscampaign.advising.ledger import Origins, advise
from smscampaign.advising.typography import TYPOGRAPHIC, plain_letter, swap_table, swapped

__all__ = [
    "TYPOGRAPHIC",
    "Advice",
    "Character",
    "Origins",
    "Sample",
    "Saving",
    "Spill",
    "advise",
    "plain_letter",
    "swap_table",
    "swapped",
]
