"""What cookiecutter.json can ask, and every combination of its choices.

Nothing here names an option: a choice added to cookiecutter.json is tested with no other edit. A
question that it lists in `_quick` only adds files, for the reason given there.
"""

import json
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
CONTENT = json.loads((ROOT / "cookiecutter.json").read_text())
QUESTIONS = {key: default for key, default in CONTENT.items() if not key.startswith("_")}
QUICK: dict[str, str] = CONTENT["_quick"]

Answers = dict[str, str | bool]


def choices(default: object) -> list[str | bool] | None:
    """Return the values that an answer can take, or None for free text."""
    if isinstance(default, bool):
        return [default, not default]
    return default if isinstance(default, list) else None


def combinations() -> list[Answers]:
    """Return every combination of choices; free text keeps its default."""
    asked = {key: values for key, default in QUESTIONS.items() if (values := choices(default))}
    return [dict(zip(asked, values, strict=True)) for values in product(*asked.values())]


def usual() -> list[Answers]:
    """Return every combination of the questions that shape code; quick ones keep their default."""
    return [
        answers
        for answers in combinations()
        if all(answers[key] == (choices(QUESTIONS[key]) or [""])[0] for key in QUICK)
    ]


def pairs(first: str, second: str) -> list[Answers]:
    """Return a few combinations that hold each pair of these two questions' choices.

    The other questions take turns, so that each of their choices occurs as well.
    """
    found: dict[tuple[str | bool, str | bool], list[Answers]] = {}
    for answers in usual():
        found.setdefault((answers[first], answers[second]), []).append(answers)
    return [group[index % len(group)] for index, group in enumerate(found.values())]


def each(*keys: str) -> list[Answers]:
    """Return the fewest combinations in which each choice of these questions occurs.

    The other questions keep their defaults.
    """
    values = {key: choices(QUESTIONS[key]) or [""] for key in keys}
    most = max(map(len, values.values()))
    return [
        usual()[0] | {key: found[number % len(found)] for key, found in values.items()}
        for number in range(most)
    ]


def label(answers: Answers) -> str:
    """Return a test's name."""
    return "-".join(str(value) for value in answers.values())


def flags(answers: Answers) -> list[str]:
    """Return the command line's flags for these answers."""
    given = []
    for key, value in answers.items():
        name = key.replace("_", "-")
        if isinstance(value, bool):
            given.append(f"--{name}" if value else f"--no-{name}")
        else:
            given.append(f"--{name}={value}")
    return given
