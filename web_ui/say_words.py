"""Saying something to the library, in words: one screen at a time."""

from __future__ import annotations

from kiosk.say_page import NAMED, UNNAMED, Step
from kiosk.saying import Saying
from kiosk.screen import SayView
from web_ui.catalogue import Voice

Json = dict[str, object]
_KINDS = (Saying.SUGGESTION, Saying.PURCHASE, Saying.COMPLAINT)


def say_page(say: SayView, voice: Voice) -> Json:
    """What the page draws: a head, a hint, large buttons, perhaps stars or the pad."""
    head, hint = _head(say, voice)
    page: Json = {
        "step": say.step,
        "key": f"{say.step} {say.progress or ''}",
        "head": head,
        "hint": hint,
        "own": say.step in (Step.QUESTION, Step.HAVE),
        "progress": _progress(say, voice),
        "options": _options(say, voice),
        "stars": say.question_kind == "stars",
        "writes": say.writes,
        "typed": say.typed,
        "empty": voice("say.empty"),
        "done": voice("say.done"),
        "skip": _skip(say, voice),
        "chosen": say.chosen if say.step == Step.NAME else "",
        "answers_head": voice("say.answers") if say.answers else "",
        "answers": [{"asked": asked, "text": text} for asked, text in say.answers],
        "back": voice("say.home" if say.step in (Step.MENU, Step.THANKS) else "say.back"),
    }
    _learn(page, voice)
    return page


def _learn(page: Json, voice: Voice) -> None:
    """Everything here may stand before a young reader."""
    said = [text for text in page.values() if isinstance(text, str)]
    options = page["options"] if isinstance(page["options"], list) else []
    said += [one["label"] for one in options]
    for text in said:
        voice.learn_aloud(text)


def _head(say: SayView, voice: Voice) -> tuple[str, str]:
    match say.step:
        case Step.QUESTION:
            return say.question, ""
        case Step.HAVE if say.have:
            title, shelf, is_in = say.have
            where = voice("say.have_in" if is_in else "say.have_out", shelf=shelf)
            return voice("say.have", title=title), where
        case Step.NAME:
            return voice("say.name"), voice("say.name_hint" if say.can_name else "say.nobody_hint")
        case Step.THANKS:
            return voice("say.thanks"), voice(
                "say.thanks_named" if say.can_name else "say.thanks_hint"
            )
        case Step.SENTENCES:
            return voice(f"say.{say.kind}"), voice("say.sentences_hint")
        case _:
            return voice(f"say.{say.step}"), voice(f"say.{say.step}_hint")


def _progress(say: SayView, voice: Voice) -> str:
    if say.progress is None:
        return ""
    at, of = say.progress
    return voice("say.progress", at=at, of=of)


def _options(say: SayView, voice: Voice) -> list[Json]:
    made: list[Json] = [{"text": text, "label": label, "own": True} for text, label in say.options]
    if say.step == Step.MENU:
        made += [{"text": kind.value, "label": voice(f"say.{kind}")} for kind in _KINDS]
    if say.step == Step.SENTENCES:
        made.append({"text": Step.NOTE.value, "label": voice("say.write")})
    if say.step == Step.NAME:
        named = {"text": NAMED, "label": voice("say.named"), "main": True}
        key = "say.unnamed_visit" if say.can_name else "say.unnamed"
        unnamed = {"text": UNNAMED, "label": voice(key), "main": not say.can_name}
        made += [named, unnamed] if say.can_name else [unnamed]
    return made


def _skip(say: SayView, voice: Voice) -> str:
    match say.step:
        case Step.QUESTION:
            return voice("say.skip")
        case Step.HAVE:
            return voice("say.another")
        case _:
            return ""
