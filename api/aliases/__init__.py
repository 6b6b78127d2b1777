"""Literal paths of the specification, answered with their canonical ones."""
