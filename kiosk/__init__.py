"""The lending desk: what is allowed, and what happened."""
