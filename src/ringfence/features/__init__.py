"""What is known about each party at each moment: definitions, generated kernels, state."""
