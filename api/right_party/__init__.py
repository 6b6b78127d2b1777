"""Whether the right person is spoken with, before anything of a debt is disclosed."""
