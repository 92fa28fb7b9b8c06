"""Invents a country's traffic with known fraud in it."""
