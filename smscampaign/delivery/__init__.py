"""Delivery: calls are claimed, made and recorded; what came into doubt is asked about; brakes stop what looks wrong."""
