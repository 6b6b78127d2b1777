"""Texts of messages and letters in versions beside those that are shipped."""
