"""Let people in: the commands."""
