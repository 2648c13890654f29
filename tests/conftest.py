"""What all tests share."""

from tests.environments import missing


def pytest_report_header() -> str:
    """Say what can't be shown on this machine."""
    if lacking := missing():
        return f"left out, for want of a newer Python: Django {', '.join(lacking)}"
    return "left out: nothing"
