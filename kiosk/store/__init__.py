"""The station's store: SQLite in WAL, one file; its tables, its migrations, its search."""
