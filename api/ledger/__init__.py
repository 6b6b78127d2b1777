"""The double-entry journal under every movement."""
