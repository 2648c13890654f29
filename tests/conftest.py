"""What all tests share."""

import signal

from tests.environments import missing

# Who starts the tests in the background may have them ignore Ctrl-C, and so all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    """Say what can't be shown on this machine."""
    if lacking := missing():
        return f"left out, for want of a newer Python: Django {', '.join(lacking)}"
    return "left out: nothing"
