"""Frames: JSON objects, and what is none."""

import json
from math import isfinite
from typing import Any, NoReturn

from django.conf import settings

Frame = dict[str, Any]

# It comes back in the answer, so a long one would let a client fill the memory with answers.
MAX_REF_LENGTH = 100


def refuse(literal: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads though they are no JSON."""
    raise ValueError(literal)


def finite(literal: str) -> float:
    """Return a number, unless it is too large to be written as JSON again."""
    number = float(literal)
    return number if isfinite(number) else refuse(literal)


# Both made once, since json makes an encoder or a decoder for each call that has options.
encode = json.JSONEncoder(ensure_ascii=False).encode
decode = json.JSONDecoder(parse_constant=refuse, parse_float=finite).decode


class FrameError(Exception):
    """A frame that can't be served. The client is told and stays connected."""

    def __init__(self, code: str, detail: str) -> None:
        """Take a code for programs and a sentence for people."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


def parse(text: str | None) -> Frame:
    """Return the JSON object in a frame; `text` is None for a binary frame.

    Raises:
        FrameError: It is binary, too large, or not a JSON object, or its `ref` can't be sent back.
    """
    if text is None:
        raise FrameError("binary", "Send text frames, not binary ones.")
    limit = settings.WS_MAX_MESSAGE_BYTES
    # A character takes one byte at least: a huge text is refused without being encoded.
    if len(text) > limit or len(text.encode()) > limit:
        raise FrameError("too_large", f"A message may have at most {limit} bytes.")
    try:
        frame = decode(text)
        if "\\u" in text:
            # Half of a surrogate pair is legal in JSON, but no WebSocket or Redis can carry it.
            encode(frame).encode()
    except (ValueError, RecursionError):
        raise FrameError("bad_json", "Send a JSON object.") from None
    if not isinstance(frame, dict):
        raise FrameError("bad_json", "Send a JSON object.")
    ref = frame.get("ref")
    if isinstance(ref, dict | list) or len(str(ref)) > MAX_REF_LENGTH:
        raise FrameError(
            "bad_type", f"`ref` must be a number, or a text of at most {MAX_REF_LENGTH} characters."
        )
    return frame
