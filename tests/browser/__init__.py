"""Real Chromium against a real station: what a pupil does, and what the screen says to it."""
