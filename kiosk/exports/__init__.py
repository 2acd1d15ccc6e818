"""The catalogue written into files: tables (CSV, XLSX) and MARC records. What is read back in is what went out.

These write what kiosk/imports reads; each value that a format cannot say exactly is said beside it.
"""
