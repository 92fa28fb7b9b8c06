"""Decode: bytes of one format to event columns, and rejects with reasons. One file a format."""
