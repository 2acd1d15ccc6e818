"""The reports: what the library has done, held against its plan of the year."""
