"""The library's page for everybody: read only, no sign-in, no cookies, no scripts, and nothing about people."""

from web_ui.public.pages import public_pages as public_pages
