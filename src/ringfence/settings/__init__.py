"""Read the configuration once."""
