"""A deep test's verdict is taken over only while what it depends on stays the same."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.questions import ROOT, TEMPLATE
from tests.repository import copy_repository
from tests.template.copies import append, execute

DIGESTS = "import json; from tests.deep import verdicts; print(json.dumps(verdicts.digests()))"
# Run the command themselves, or tests of it.
OF_COMMAND = {"test_change.py", "test_faults.py"}
CHANGES: dict[str, tuple[Callable[[Path], None], Callable[[str], bool]]] = {
    "template": (append(f"{TEMPLATE.name}/manage.py"), lambda _: True),
    "generator": (append("generator/django_asgi_new/report.py"), OF_COMMAND.__contains__),
    "a test": (append("tests/deep/test_slow.py"), "test_slow.py".__eq__),
    "proxies": (append("tests/deep/proxies.py"), "test_proxies.py".__eq__),
    "README": (append("README.md"), lambda _: False),
}
SOME = ("test_change.py", "test_faults.py", "test_proxies.py", "test_redis.py", "test_slow.py")


# One process runs them all and asks once for what was before.
pytestmark = pytest.mark.xdist_group("verdicts")


def digests(root: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(execute(root, DIGESTS))
    return found


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    return digests(ROOT)


@pytest.mark.parametrize(("change", "is_affected"), CHANGES.values(), ids=CHANGES)
def test_what_depends_on_a_change_is_proven_again(
    tmp_path: Path,
    before: dict[str, str],
    change: Callable[[Path], None],
    is_affected: Callable[[str], bool],
) -> None:
    copy_repository(tmp_path)
    change(tmp_path)
    after = digests(tmp_path)
    assert before.keys() == after.keys() >= set(SOME)
    for name in SOME:
        assert (before[name] != after[name]) == is_affected(name), name
