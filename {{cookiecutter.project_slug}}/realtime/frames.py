"""JSON frames: parsing, validation and encoding."""

import json
from math import isfinite
from typing import Any, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

Frame = dict[str, Any]

# Errors return it, so a long one would let a client fill the memory with answers.
MAX_REF_LENGTH = 100


class FrameError(Exception):
    """An error in a client's frame. It is sent to that client, which stays connected.

    Args:
        code: The error for programs, such as "bad_type".
        detail: The error for people: one sentence.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def _reject(literal: str) -> NoReturn:
    """Raise ValueError for NaN and Infinity, which Python accepts although JSON has neither."""
    raise ValueError(literal)


def _finite(literal: str) -> float:
    """Return a float. Infinity is rejected, since it could not be encoded again."""
    number = float(literal)
    return number if isfinite(number) else _reject(literal)


# Created once: json.dumps and json.loads create one for each call that has options.
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, default=DjangoJSONEncoder().default
).encode
decode = json.JSONDecoder(parse_constant=_reject, parse_float=_finite).decode


def encode(frame: Any) -> str:
    """Return a frame as JSON, with dates, decimals and UUIDs as in Django's JsonResponse.

    Raises:
        ValueError: The frame holds NaN, Infinity or a lone surrogate.
        TypeError: The frame holds a value that JSON has no type for.
    """
    text = _encode(frame)
    if not text.isascii():
        # A lone surrogate is legal in JSON, but neither a WebSocket nor Redis can carry it.
        text.encode()
    return text


def parse(text: str | None) -> Frame:
    """Return the JSON object in a frame.

    Args:
        text: The text of the frame, or None if the frame is binary.

    Raises:
        FrameError: The frame is binary, too large or not a JSON object, or has an invalid `ref`.
    """
    if text is None:
        raise FrameError("binary", "Send text frames, not binary ones.")
    limit = settings.WS_MAX_MESSAGE_BYTES
    # A character takes at least one byte: a huge text is rejected without encoding it.
    if len(text) > limit or len(text.encode()) > limit:
        raise FrameError("too_large", f"A message may have at most {limit} bytes.")
    try:
        frame = decode(text)
        if "\\u" in text:
            encode(frame)
    except (ValueError, RecursionError):
        raise FrameError("bad_json", "Send a JSON object.") from None
    if not isinstance(frame, dict):
        raise FrameError("bad_json", "Send a JSON object.")
    ref = frame.get("ref")
    if isinstance(ref, (dict, list)) or len(str(ref)) > MAX_REF_LENGTH:
        raise FrameError(
            "bad_type",
            f"`ref` must be a number, or a string of at most {MAX_REF_LENGTH} characters.",
        )
    return frame
