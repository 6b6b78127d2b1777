"""Pure rules of lending, recovery and contact: standard library only, no clock, no I/O."""
