"""Judge feature rows: rules, lists, baselines."""
