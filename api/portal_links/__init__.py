"""Signed links that lead customers into the portal."""
