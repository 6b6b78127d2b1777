"""The console: where the staff work their cases."""
