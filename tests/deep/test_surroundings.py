"""The tests themselves, on machines with a proxy and in shells that ignore signals."""

import os
import signal
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.deep.forward_proxy import forward_proxy
from tests.questions import ROOT

# What nohup ignores, what a shell ignores for a program in the background, and SIGTERM.
IGNORED = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM")
# Questions on a terminal, `--run`, a browser, two proxies of a site: one test of each.
SOME = (
    "tests/cli/test_prompts.py::test_a_question_is_no_trap",
    "tests/cli/test_command.py::test_an_installation_without_a_network_goes_on_later",
    "tests/deep/test_browser.py::test_two_windows_talk",
    "tests/deep/test_proxies.py::test_the_page_comes_back",
    "tests/projects/test_run.py::test_run_serves_until_it_is_stopped",
)


@pytest.mark.long
def test_tests_pass_with_a_proxy_and_ignored_signals() -> None:
    """Downloads use the proxy, and nothing on this machine is asked through it."""

    def ignore() -> None:
        for name in IGNORED:
            signal.signal(signal.Signals[name], signal.SIG_IGN)

    words = ["-n0", "-q", "-p", "no:cacheprovider", "-k", "not hypercorn and not granian"]
    with forward_proxy() as proxy:
        opener = build_opener(ProxyHandler({"http": proxy.variables["http_proxy"]}))
        with pytest.raises(HTTPError, match="403") as refusal:
            opener.open("http://127.0.0.1:9/")
        refusal.value.close()
        assert len(proxy.refused) == 1
        proxy.refused.clear()
        kept = {k: v for k, v in os.environ.items() if k.lower() != "no_proxy"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words, *SOME],
            cwd=ROOT,
            env={**kept, **proxy.variables},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=ignore,
        )
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1]
    assert proxy.refused == []
