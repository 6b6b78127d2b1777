"""How the API talks to Postgres: metadata, column types, sessions."""
