"""The slip as a page for an 80 mm printer: all in one, so that it can be printed from anywhere."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from kiosk.screen import VisitView
from web_ui.catalogue import Voice
from web_ui.qr import qr_svg
from web_ui.slip_words import one_line, slip_text, slip_words

__all__ = ["STYLE", "slip_html", "slip_text"]

STYLE = """
@page { size: 80mm auto; margin: 0 }
* { box-sizing: border-box }
body { width: 72mm; margin: 0 auto; padding: 4mm 2mm 8mm; color: #000; background: #fff;
  font: 10.5pt/1.45 "Noto Sans CJK SC", "Noto Sans SC", sans-serif; font-variant-numeric: tabular-nums }
h1 { margin: 0; font: 700 14pt/1.3 "Noto Serif CJK SC", "Noto Serif SC", serif; text-align: center }
p { margin: 0; text-align: center }
h2 { margin: 3mm 0 1mm; padding-top: 2mm; border-top: 1px dashed #000; font-size: 10.5pt }
ul { margin: 0; padding: 0; list-style: none }
li { margin: 0 0 1.5mm; overflow-wrap: anywhere }
.code { width: 42mm; margin: 5mm auto 2mm }
.code svg { display: block; width: 100%; height: auto }
.thanks { font-size: 11pt }
"""

PAGE = """<!doctype html>
<html lang="{{ html_lang }}">
<head><meta charset="utf-8"><title>{{ title }}</title><style>{{ style }}</style></head>
<body>
<h1>{{ words.library }}</h1>
<p>{{ words.when }}</p>
<p>{{ words.name }}</p>
{% for head, items in parts %}<h2>{{ head }}</h2>
<ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>
{% endfor %}<div class="code">{{ qr }}</div>
<p class="thanks">{{ words.thanks }}</p>
</body>
</html>
"""


def slip_html(visit: VisitView, language: str, library: str, local: datetime) -> str:
    """A print-ready page, 80 mm wide, with the same text as a QR code at its foot."""
    voice = Voice(language)
    words = slip_words(visit, voice, library, local)
    return (
        _environment()
        .from_string(PAGE)
        .render(
            html_lang=voice("name.html"),
            title=voice("slip.title"),
            style=Markup(STYLE),
            words=words,
            parts=[
                (head, [one_line(book, voice) for book in books]) for head, books in words.parts
            ],
            qr=Markup(qr_svg(slip_text(visit, language, library, local))),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(autoescape=True)
