"""The central record: every station's journal taken in, one truth for a school, and what is fed back to stations."""
