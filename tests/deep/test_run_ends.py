"""`python -m django_asgi_new --run`, ended by the signals that quick tests leave out on a layer."""

from itertools import product
from pathlib import Path

import pytest

from tests.projects import test_run
from tests.projects.test_run import ENDS, LAYERS
from tests.questions import Answers, label

QUICK = set(zip(LAYERS, [name for name, _ in ENDS] * len(LAYERS), strict=False))
OTHERS = [
    pytest.param(answers, name, code, id=f"{label(answers)}-{name}")
    for (layer, answers), (name, code) in product(LAYERS.items(), ENDS)
    if (layer, name) not in QUICK
]


@pytest.mark.parametrize(("answers", "name", "code"), OTHERS)
def test_run_serves_until_it_is_stopped(
    tmp_path: Path, answers: Answers, name: str, code: int
) -> None:
    test_run.test_run_serves_until_it_is_stopped(tmp_path, answers, name, code)
