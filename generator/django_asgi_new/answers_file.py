"""Answers from an earlier run, read from a file."""

from __future__ import annotations

import difflib
import json
import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from django_asgi_new import questions, render, template
from django_asgi_new.errors import BadAnswerError, MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from django_asgi_new.answers import Given


def read(path: str) -> Given:
    """Read answers from a file.

    Args:
        path: A JSON or TOML file, or `-` for stdin: the answers themselves, the output of
            `--json`, a project's pyproject.toml, or cookiecutter's replay file.

    Returns:
        The answers, not validated yet.

    Raises:
        BadAnswerError: The file contains no answers, or unknown options.
        MachineError: The file can't be read.
    """
    found = _answers_in(_load(path))
    path = "stdin" if path == STDIN else path
    if found is None:
        raise BadAnswerError(
            f'{path} contains no answers: give a file like `{{"layer": "redis"}}`, or the '
            "pyproject.toml of a project that this command created."
        )
    known = questions.read()
    switches = {q.key for q in questions.load() if isinstance(q.default, bool)}
    asked = [question.key for question in questions.load()]
    for key in sorted(found.keys() - known.keys()):
        near = difflib.get_close_matches(key, asked, 1)
        hint = f'Did you mean "{near[0]}"? ' if near else ""
        raise BadAnswerError(
            f"Unknown option {json.dumps(key)} in {path}. {hint}Choose from {', '.join(asked)}."
        )
    given: Given = {key: found[key] for key in asked if key in found}
    for key in switches & given.keys():
        if not isinstance(given[key], bool):
            raise BadAnswerError(f"{path} must answer {key} with true or false.")
    _check_derived(path, known, found, given)
    return given


def _answers_in(content: object) -> dict[str, Any] | None:
    """Return the answers in a file's content, or None."""
    if not isinstance(content, dict):
        return None
    if "tool" in content:
        found = content["tool"].get("django-asgi-new") if _is_table(content["tool"]) else None
    else:
        found = content.get("answers", content)
    if not _is_table(found):
        return None
    if _is_table(found.get("cookiecutter")):
        # Private variables belong to the run that wrote the file.
        found = {k: v for k, v in found["cookiecutter"].items() if not k.startswith("_")}
    # A project also records the template's version.
    found = {key: value for key, value in found.items() if key != "template-version"}
    if questions.NAME not in found and "name" in found:
        found[questions.NAME] = found.pop("name")
    return found


def _is_table(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


STDIN = "-"

# Far more than any pyproject.toml contains.
_MOST_BYTES = 256 * 1024
_MOST_DOTS = 100
_ADVICE = "Give a JSON or TOML file with the answers of a project."


def _load(path: str) -> object:
    try:
        content = _read_stdin() if path == STDIN else _read(Path(path))
        text = content.decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise BadAnswerError(
            f"{path} contains no answers: {error.strerror}. Give the path of a JSON or TOML file."
        ) from None
    except OSError as error:
        raise MachineError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise BadAnswerError(f"{path} is not UTF-8 text: give a JSON or TOML file.") from None
    return _parse(text, "stdin" if path == STDIN else path)


def _parse(text: str, path: str) -> object:
    if path.lower().endswith((".yaml", ".yml")) or re.match(r"(---\s|[ \w-]+:\s)", text):
        raise BadAnswerError(f"{path} is YAML, which is not supported. {_ADVICE}")
    is_json = path.lower().endswith(".json") or text.lstrip().startswith("{")
    try:
        return json.loads(text) if is_json else _parse_toml(text)
    except RecursionError:
        raise BadAnswerError(f"{path} is nested too deeply. {_ADVICE}") from None
    except ValueError as error:
        kind = "JSON" if is_json else "TOML"
        raise BadAnswerError(f"{path} is not valid {kind}: {error}.") from None


def _parse_toml(text: str) -> object:
    # tomllib takes minutes for a key of a few thousand parts.
    if any(part.count(".") > _MOST_DOTS for part in re.split("[=\n]", text)):
        raise RecursionError
    return tomllib.loads(text)


def _read(path: Path) -> bytes:
    """Return the content of a file, but not of a device or a pipe, which might never end.

    Raises:
        BadAnswerError: It is not a regular file, or very large.
        OSError: It can't be read.
    """
    if not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):
        raise BadAnswerError(f"{path} is a device, a pipe or a socket. {_ADVICE}")
    with path.open("rb") as file:
        return _bounded(file, str(path))


def _read_stdin() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise BadAnswerError(f"There is nothing on stdin. {_ADVICE}")
    return _bounded(sys.stdin.buffer, "stdin")


def _bounded(file: BinaryIO, name: str) -> bytes:
    content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise BadAnswerError(f"{name} is larger than {_MOST_BYTES // 1024} kB. {_ADVICE}")
    return content


def _check_derived(
    path: str, known: Mapping[str, Any], found: Mapping[str, Any], given: Given
) -> None:
    """Refuse derived answers that differ from what the other answers lead to."""
    derived = [key for key in found if key not in given and not key.startswith("_")]
    if not derived or template.hook("pre_gen_project").problems(given):
        # Errors in answers are reported once all answers are known.
        return
    values = render.complete(known, given)
    for key in derived:
        if key in values and found[key] != values[key]:
            raise BadAnswerError(
                f"{path} answers {key}, which follows from other answers: leave it out, or "
                f"answer {json.dumps(values[key])}."
            )
