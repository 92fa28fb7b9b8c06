"""Alerts as people work with them: found, looked at, decided about, singly and in bulk."""
