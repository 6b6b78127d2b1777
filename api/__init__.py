"""The system of record: facts, rules applied, journal, audit, wakes. Alone in knowing Postgres."""
