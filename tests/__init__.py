"""Tests mirror the source, file for file."""
