"""Results in other forms than CSV: a workbook, Parquet, JSON, and the schema that says what their columns hold."""
