"""Delivery: calls are claimed, made and recorded; what came into doubt is asked about; brakes stop what looks wrong."""

from smscampaign.delivery.crew import Brakes, Halt, Means, Thresholds, deliver

__all__ = ["Brakes", "Halt", "Means", "Thresholds", "deliver"]
