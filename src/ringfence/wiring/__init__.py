"""Choose implementations in one place."""
