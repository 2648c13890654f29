"""Every project that can be generated, proven."""

from importlib import import_module

from tests.matrix.plan import Claim
from tests.proofs.subject import Subject


def test(claim: Claim, subject: Subject) -> None:
    import_module(f"tests.proofs.{claim.proof}").prove(subject)
