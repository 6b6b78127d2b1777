"""Measurements: what a part of Tenor does beside a yardstick of the same machine and run."""
