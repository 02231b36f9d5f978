"""The story of a campaign: settings and a file become a sealed plan, the plan is confirmed and delivered, the results are
written. Dry run is stopping before delivery; resuming is delivering again.
"""
