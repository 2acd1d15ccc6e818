"""Alembic's scripts for the station's store."""
