"""Phone numbers as people type them, to E.164: `normaliser`, and what it is made of."""
