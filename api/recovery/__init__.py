"""Recovery cases, promises, holds and tasks."""
