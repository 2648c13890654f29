"""The questions, read from cookiecutter.json: the only place where they are written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_asgi_new import template

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """

    key: str
    prompt: str
    default: str | bool
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """The option that answers it."""
        return "--" + self.key.replace("_", "-")


def load() -> list[Question]:
    """Read the questions that a user may answer: neither private nor derived from others."""
    content = json.loads(template.QUESTIONS.read_text(encoding="utf-8"))
    prompts = content.get("__prompts__", {})
    questions = []
    for key, value in content.items():
        if key.startswith("_") or (isinstance(value, str) and "{{" in value):
            continue
        prompt = prompts.get(key, key)
        if isinstance(prompt, dict):
            prompt = prompt.get("__prompt__", key)
        if isinstance(value, list):
            questions.append(Question(key, prompt, value[0], tuple(value)))
        else:
            questions.append(Question(key, prompt, value))
    return questions


def context(given: Mapping[str, str | bool]) -> dict[str, Any]:
    """Let cookiecutter itself complete the answers: defaults, derived and private variables.

    Args:
        given: The user's answers, validated: cookiecutter renders them with Jinja.

    Returns:
        What cookiecutter renders a template with for the same answers.
    """
    from cookiecutter.generate import generate_context
    from cookiecutter.prompt import prompt_for_config

    whole: dict[str, Any] = generate_context(str(template.QUESTIONS), extra_context=dict(given))
    answers = whole["cookiecutter"]
    whole["_cookiecutter"] = {k: v for k, v in answers.items() if not k.startswith("_")}
    answers.update(prompt_for_config(whole, no_input=True))
    root = str(template.ROOT)
    answers.update(_template=root, _repo_dir=root, _checkout=None)
    return whole
