"""Alembic's scripts for the central record, the same on SQLite and PostgreSQL."""
