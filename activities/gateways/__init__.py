"""Gateways that take payments: the port, and an adapter for each."""
