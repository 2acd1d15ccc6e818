"""Pages and words; no lending rules."""
