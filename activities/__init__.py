"""Stateless activities: the only code that touches the outside of a workflow."""
