"""Simulated hardware in the browser: it exists only where the program was started as a demo."""

from web_ui.demo.views import Hands, demo_pages

__all__ = ["Hands", "demo_pages"]
