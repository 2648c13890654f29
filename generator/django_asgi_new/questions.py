"""The questions, read from cookiecutter.json: the only place where they are written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django_asgi_new import template

# The question that the command's argument answers.
NAME = "project_name"


@dataclass(frozen=True)
class Question:
    """One question of the template.

    Attributes:
        key: Its name, in cookiecutter.json and, with hyphens, as a flag.
        prompt: What it asks, for people.
        default: Its answer when nobody gives one.
        choices: The answers that it allows; empty when it is not a choice.
        words: What a choice means, for people, by the choice.
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
    """Read cookiecutter.json as it is."""
    content: dict[str, Any] = json.loads(template.QUESTIONS.read_text(encoding="utf-8"))
    return content


def load() -> list[Question]:
    """Read the questions that a user may answer: neither private nor derived from others."""
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
    """Return the values of a free text that can be listed, for a shell to complete."""
    if key == "language":
        languages: tuple[str, ...] = template.hook("pre_gen_project").LANGUAGES
        return languages
    if key == "time_zone":
        import zoneinfo

        return tuple(sorted(zoneinfo.available_timezones()))
    return ()
