"""The tests themselves, on machines with a proxy and in shells that ignore signals."""

import os
import signal
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.cli import test_command, test_prompts
from tests.deep import test_proxies
from tests.deep.forward_proxy import forward_proxy
from tests.projects import test_run
from tests.questions import ROOT

# What nohup ignores, what a shell ignores for a program in the background, and SIGTERM.
IGNORED = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM")
# A download, questions on a terminal, `--run`, and a browser at a site behind its proxy.
SOME = (
    test_command.test_an_installation_without_a_network_goes_on_later,
    test_prompts.test_a_question_is_no_trap,
    test_run.test_run_serves_until_it_is_stopped,
    test_proxies.test_the_page_comes_back,
)


@pytest.mark.long
def test_tests_pass_with_a_proxy_and_ignored_signals() -> None:
    """Downloads use the proxy, and nothing on this machine is asked through it."""

    def ignore() -> None:
        for name in IGNORED:
            signal.signal(signal.Signals[name], signal.SIG_IGN)

    words = ["-n0", "-q", "-p", "no:cacheprovider", "-k", "not test_run or memory"]
    tests = [f"{test.__code__.co_filename}::{test.__name__}" for test in SOME]
    with forward_proxy() as proxy:
        opener = build_opener(ProxyHandler({"http": proxy.variables["http_proxy"]}))
        with pytest.raises(HTTPError, match="403") as refusal:
            opener.open("http://127.0.0.1:9/")
        refusal.value.close()
        assert len(proxy.refused) == 1
        proxy.refused.clear()
        # Those of pytest would have it share the folders of this run.
        kept = {
            k: v
            for k, v in os.environ.items()
            if k.lower() != "no_proxy" and not k.startswith("PYTEST")
        }
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words, *tests],
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
