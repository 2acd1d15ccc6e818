"""The library's page for everybody: read only, no cookies, no scripts; of people, only a reader's own account."""

from web_ui.public.frame import shows_readers as shows_readers
from web_ui.public.pages import public_pages as public_pages
