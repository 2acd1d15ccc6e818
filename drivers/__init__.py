"""Scanners, cameras and printers; knows nothing of patrons or loans."""
