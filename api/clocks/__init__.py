"""Test clocks and their walk."""
