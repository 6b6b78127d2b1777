"""The automation API: what the programs of integrators trigger and read."""
