"""Imports on real files and real stores."""
