"""Ringfence catches fraud and anomalies in telecom traffic while it happens."""

__version__ = "0.1.0"
