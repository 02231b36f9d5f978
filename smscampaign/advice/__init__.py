"""Advice about a plan: what is unwise (the linter), and what could be cheaper."""
