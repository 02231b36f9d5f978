"""One page that says what became of a campaign: its figures in words, tables and pictures, in one file that loads nothing."""
