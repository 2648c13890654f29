from pathlib import Path

import pytest


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty folder to run the command in."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder
