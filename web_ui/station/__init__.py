"""The touchscreen: one page, one stream of screens to it, and touches back from it."""

from web_ui.station.app import create_app
from web_ui.station.serve import Server, serve

__all__ = ["Server", "create_app", "serve"]
