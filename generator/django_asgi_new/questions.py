"""The questions in cookiecutter.json."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django_asgi_new import template

# The question that the command's argument answers.
NAME = "project_name"


@dataclass(frozen=True)
class Question:
    """Question of the template.

    Attributes:
        key: Its name in cookiecutter.json, and with hyphens as an option.
        prompt: Its text as shown to the user.
        default: Its default answer.
        choices: The allowed answers; empty for a free text.
        words: Descriptions of choices as shown to the user.
    """

    key: str
    prompt: str
    default: str | bool
    choices: tuple[str, ...] = ()
    words: dict[str, str] = field(default_factory=dict)

    @property
    def flag(self) -> str:
        """The option that answers it."""
        return "--" + self.key.replace("_", "-")


def read() -> dict[str, Any]:
    """Return the content of cookiecutter.json."""
    content: dict[str, Any] = json.loads(template.QUESTIONS.read_text(encoding="utf-8"))
    return content


def load() -> list[Question]:
    """Return the questions that are asked: neither private nor derived ones."""
    content = read()
    prompts = content.get("__prompts__", {})
    questions = []
    for key, value in content.items():
        if key.startswith("_") or (isinstance(value, str) and "{{" in value):
            continue
        prompt = prompts.get(key, key)
        words = prompt if isinstance(prompt, dict) else {"__prompt__": prompt}
        questions.append(
            Question(
                key,
                words.get("__prompt__", key),
                value[0] if isinstance(value, list) else value,
                tuple(value) if isinstance(value, list) else (),
                {choice: text for choice, text in words.items() if choice != "__prompt__"},
            )
        )
    return questions


def known(key: str) -> tuple[str, ...]:
    """Return the known values of a free text, for completion."""
    if key == "language":
        languages: tuple[str, ...] = template.hook("pre_gen_project").LANGUAGES
        return languages
    if key == "time_zone":
        import zoneinfo

        return tuple(sorted(zoneinfo.available_timezones()))
    return ()
