"""Dashboards: what stands where in collections, each figure with the rows behind it."""
