"""A plausible Chinese school to try the kiosk on, made anew from a seed; and large stores for measurements.

Titles and authors are real (titles.txt); people, labels and loans are made up.
"""

from __future__ import annotations

from kiosk.sample.highlights import highlights
from kiosk.sample.large import big
from kiosk.sample.school import build

__all__ = ["big", "build", "highlights"]
