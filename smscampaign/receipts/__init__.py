"""Receipts: the account's history is looked at in windows until every message has a last word, or nothing more can come."""
