"""Recovery cases, promises and holds."""
