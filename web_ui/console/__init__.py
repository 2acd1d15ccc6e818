"""The librarians' console: pages of the central record."""

from web_ui.console.pages import console_pages

__all__ = ["console_pages"]
