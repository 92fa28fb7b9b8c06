"""Invents a country's telecom traffic with known fraud in it: the yardstick of detectors."""

from ringfence.simulation.country import simulate, simulate_days
from ringfence.simulation.files import FORMATS, write
from ringfence.simulation.plan import FRAUDS, Plan, Simulation

__all__ = ["FORMATS", "FRAUDS", "Plan", "Simulation", "simulate", "simulate_days", "write"]
