"""What `make bench` measures, and the plain Python peer that it measures against."""
