"""Drive the pipeline."""
