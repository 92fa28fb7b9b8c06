"""The order of the steps, the clock, and what a checkpoint holds."""
