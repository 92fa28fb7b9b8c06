"""The rule language: SQL conditions over features, event columns and lists, checked and compiled."""
