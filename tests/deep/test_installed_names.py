"""No project may take the name of anything that lies in its own environment."""

import json
import subprocess
from collections.abc import Callable

import pytest
from django_asgi_new import template

from tests.environments import Environment, missing
from tests.questions import QUESTIONS

LIST_NAMES = """
import json, re, sys
from importlib.metadata import distributions, packages_distributions
names = {name for name in packages_distributions() if name.isidentifier() and name[0] != "_"}
names |= {distribution.name for distribution in distributions()} | sys.stdlib_module_names
print(json.dumps(sorted(names)))
"""


@pytest.mark.parametrize("django", [name for name in QUESTIONS["django"] if name not in missing()])
def test_names_in_the_environment_are_refused(
    environment_for: Callable[[str], Environment], django: str
) -> None:
    made = environment_for(django)
    listed = subprocess.run(
        [made.python, "-c", LIST_NAMES], check=True, capture_output=True, text=True
    ).stdout
    problems = template.hook("pre_gen_project").problems
    names = {name.lower().replace("-", "_").replace(".", "_") for name in json.loads(listed)}
    allowed = [name for name in names if not problems({"project_name": name, "app": "site_app"})]
    assert allowed == []
