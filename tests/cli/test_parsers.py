"""What is parsed without a library, under every Python: their own parsers differ."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django_asgi_new import template

from tests import interpreters
from tests.cli.command import run
from tests.names import BAD_ANSWERS
from tests.questions import ROOT

SOCKET = "/var/run/postgresql/.s.PGSQL.5432"
# The addresses of a service, how they are shown, and the port of a Redis that may be started there.
URLS: dict[str, tuple[list[object], str, int | None]] = {
    "redis://localhost": ([["localhost", 6379]], "localhost:6379", 6379),
    "Redis://127.0.0.1:7000/0\n": ([["127.0.0.1", 7000]], "127.0.0.1:7000", 7000),
    "redis://:@localhost": ([["localhost", 6379]], "localhost:6379", None),
    "redis://localhost?password=p4ss": ([["localhost", 6379]], "localhost:6379", None),
    "redis://:p4ss@example.com:1/2": ([["example.com", 1]], "example.com:1", None),
    "redis://:p4%73s@example.com": ([["example.com", 6379]], "example.com:6379", None),
    "redis://:p4ss@p4ss@example.com": ([["example.com", 6379]], "example.com:6379", None),
    "redis://:p4[::1]ss@example.com": ([["example.com", 6379]], "example.com:6379", None),
    "redis://:p4[ss@example.com": ([["example.com", 6379]], "example.com:6379", None),
    "rediss://127.0.0.1": ([["127.0.0.1", 6379]], "127.0.0.1:6379", None),
    "redis+sentinel://:p4%40ss@a:26380,[2001:db8::1]/main/2": (
        [["a", 26380], ["2001:db8::1", 26379]],
        "a:26380, [2001:db8::1]:26379",
        None,
    ),
    "unix:///run/my%20redis.sock?db=1": (["/run/my redis.sock"], "/run/my redis.sock", None),
    "postgres://u:p4ss@[::1]:5433/db": ([["::1", 5433]], "[::1]:5433", None),
    "postgres://u:p4ss@a:5433,b/db": ([["a", 5433], ["b", 5432]], "a:5433, b:5432", None),
    "postgres:///db?password=p4ss": ([SOCKET], SOCKET, None),
    "postgresql://u@%2Frun:5433/db": (["/run/.s.PGSQL.5433"], "/run/.s.PGSQL.5433", None),
    "redis://a..b": ([["a..b", 6379]], "a..b:6379", None),
}
MALFORMED = [
    "",
    "p4ss",
    "localhost:6379",
    "redis:localhost",
    "redis://",
    "redis://:p4ss@",
    "redis:///0",
    "redis://:p4/ss@localhost",
    "redis://:12?p4ss@localhost",
    "redis://u:12/p4ss@localhost",
    "redis://:p4#ss@localhost",
    "redis://:p4ss@[::1]x",
    "redis://:p4ss@x[::1]",
    "redis://:p4ss@[::1",
    "redis://[127.0.0.1]",
    "redis://[fe80::1%25eth0]",
    "redis://a b",
    "redis://::1:6379",
    "redis://a:p4ss",
    "redis://a:0",
    "redis://a:65536",
    "redis://a:-1",
    "redis://a:+1",
    "redis://a:1_0",
    "redis://a:\u0663",
    "redis://a:\uff11",
    "redis+sentinel://a,,b/main",
    "unix://run/redis.sock",
    "unix://",
    "sqlite:///p4ss",
    "http://localhost",
]
CODE = """
import json, keyword, sys
from django_asgi_new import services, template

def outcome(function, url):
    try:
        return function(url)
    except ValueError as error:
        return f"refused: {error}"

urls, bad = json.load(sys.stdin)
functions = [services.addresses, services.shown, services.embeddable]
problems = template.hook("pre_gen_project").problems
names = {name for name in sys.stdlib_module_names if not name.startswith("_")}
names |= {name for name in keyword.kwlist if name.islower()}
deep = json.loads("[" * 900 + "]" * 900)
print(json.dumps({
    "urls": {url: [outcome(function, url) for function in functions] for url in urls},
    "answers": services.answers("redis://a..b"),
    "problems": [problems({key: value}) for key, value in bad],
    "deep": problems({"app": deep}),
    "free": sorted(name for name in names if not problems({"project_name": name.lower()})),
}))
"""

everywhere = pytest.mark.parametrize("python", interpreters.everything())


@cache
def outcomes(python: str) -> dict[str, Any]:
    """Parse everything under an interpreter."""
    done = subprocess.run(
        [python, "-c", CODE],
        env={"PYTHONPATH": str(ROOT / "generator"), "PYTHONDONTWRITEBYTECODE": "1"},
        input=json.dumps([[*URLS, *MALFORMED], [answer[:2] for answer in BAD_ANSWERS]]),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content


@everywhere
def test_where_a_service_listens(python: str) -> None:
    found = outcomes(python)
    assert {url: found["urls"][url] for url in URLS} == {url: [*e] for url, e in URLS.items()}
    assert "p4" not in "".join(expected[1] for expected in URLS.values())
    assert found["answers"] is False


@everywhere
def test_a_malformed_url_is_refused_without_its_password(python: str) -> None:
    for url in MALFORMED:
        refusals = outcomes(python)["urls"][url]
        assert all(str(refusal).startswith("refused: no ") for refusal in refusals), url
        assert "p4" not in str(refusals)


@everywhere
def test_the_validator_finds_the_same_problems(python: str) -> None:
    found = outcomes(python)
    problems = template.hook("pre_gen_project").problems
    assert found["problems"] == [problems({key: value}) for key, value, _ in BAD_ANSWERS]
    assert found["deep"] == ["The app name must be text, in quotes."]


@everywhere
def test_every_module_of_the_standard_library_is_taken(python: str) -> None:
    assert outcomes(python)["free"] == []


@pytest.mark.parametrize(
    ("option", "variable", "url"),
    [
        ("--database=postgres", "DATABASE_URL", "postgres://u:p4/ss@localhost/db"),
        ("--layer=redis", "REDIS_URL", "redis://:p4ss@[::1"),
    ],
)
def test_run_refuses_a_malformed_url(here: Path, option: str, variable: str, url: str) -> None:
    done = run(here, "mysite", "--run", option, env={variable: url})
    assert (done.returncode, done.stdout) == (5, "")
    assert f"Error: {variable} must be like " in done.stderr
    assert f"Change {variable} in the environment, then run:\n" in done.stderr
    assert "p4" not in done.stderr
    assert "Traceback" not in done.stderr
    assert (here / "mysite" / "manage.py").is_file()
