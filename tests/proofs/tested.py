"""Its own tests pass and none is skipped; those of a PostgreSQL project run on PostgreSQL."""

import re

from tests.proofs.subject import CODE, Subject

READS = CODE


def prove(subject: Subject) -> None:
    if subject.answers["database"] == "postgres":
        with subject.services() as env:
            output = test(subject, DATABASE_URL=env["DATABASE_URL"])
        assert "postgresql" in output
    else:
        test(subject)


def test(subject: Subject, **env: str) -> str:
    # Nothing listens there: tests must pass whatever proxies the environment names.
    env["HTTP_PROXY"] = env["ALL_PROXY"] = "http://127.0.0.1:9"
    # Otherwise it would delete the temporary folders of former test runs, ours among them.
    env["PYTEST_DEBUG_TEMPROOT"] = str(subject.scratch)
    output = subject.run("-m", "pytest", "-p", "no:cacheprovider", **env)
    assert re.search(r"\d+ passed in", output)
    assert not re.search(r"skipped|warning|xfail", output.splitlines()[-1]), output
    return output
