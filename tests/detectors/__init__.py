"""The laws of detectors, rules and lists."""
