"""Text messages and e-mail through their providers: one port, one adapter per vendor SDK."""
