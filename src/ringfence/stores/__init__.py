"""Keep: SQL and Parquet."""
