"""The table of results, and whether the goals are met."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

PEERS = ["tutorial", "bare", "core", "node"]

# The median ratio of the project to a peer has to be at least (>=) or at most (<=) so much.
GOALS = [
    ("fan-out to 1,000", "bare", ">=", 0.75),
    ("fan-out to 1,000", "tutorial", ">=", 10.0),
    ("fan-out to 1,000, two processes", "tutorial", ">=", 8.0),
    ("ping and pong", "bare", ">=", 0.5),
    ("ping and pong", "tutorial", ">=", 2.3),
    ("memory per idle connection of 5,000", "bare", "<=", 1.35),
    ("memory per idle connection of 5,000", "tutorial", "<=", 0.9),
    ("opening 5,000", "bare", "<=", 1.8),
]
# Of the project alone: with a stalled client, relative to without.
OWN_GOALS = [
    ("rate beside a stalled client", ">=", 0.9),
    ("p99 beside a stalled client", "<=", 1.5),
]


@dataclass
class Row:
    """One thing that was measured, of each subject and round by round."""

    title: str
    unit: str
    server: str
    layer: str
    figures: dict[str, list[float]] = field(default_factory=dict)
    # Shares of a core.
    client_cpu: list[float] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)

    def ratios(self, peer: str) -> list[float]:
        """Return the ratio of the project to a peer in each round."""
        pairs = zip(self.figures["project"], self.figures.get(peer, []), strict=False)
        return [own / other for own, other in pairs]

    def goals(self) -> Iterator[str]:
        """Say of each goal whether it is met."""
        for title, peer, relation, bound in GOALS:
            if self.title == title and self.ratios(peer):
                yield verdict(median(self.ratios(peer)), relation, bound, f" {peer}")
        for title, relation, bound in OWN_GOALS:
            if self.title == title:
                yield verdict(median(self.figures["project"]), relation, bound, "")

    def cells(self) -> list[str]:
        """Return the row's cells in the order of the head."""
        figures = [
            number(median(self.figures[subject])) if subject in self.figures else ""
            for subject in ["project", *PEERS]
        ]
        ratios = [
            f"{median(ratios):.2f} [{min(ratios):.2f}..{max(ratios):.2f}]" if ratios else ""
            for ratios in map(self.ratios, PEERS)
        ]
        cpu = f"{max(self.client_cpu):.2f} / {max(self.server_cpu):.2f}"
        what = f"{self.title} ({self.unit})"
        return [what, self.server, self.layer, *figures, *ratios, cpu, "; ".join(self.goals())]


HEAD = [
    "what",
    "server",
    "layer",
    "project",
    *PEERS,
    *(f"project / {peer}" for peer in PEERS),
    "most CPU, client / server",
    "goals",
]


def verdict(ratio: float, relation: str, bound: float, of: str) -> str:
    """Say whether a ratio keeps to a bound."""
    met = ratio >= bound if relation == ">=" else ratio <= bound
    return f"{relation} {bound:g}{of}: {'met' if met else '**not met**'}"


def number(figure: float) -> str:
    """Write a figure with three digits at least."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"  # noqa: PLR2004


def line(cells: list[str]) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def markdown(rows: list[Row], conditions: str) -> str:
    """Return the whole page."""
    return "\n".join(
        [
            "# Results",
            "",
            f"Written by `python -m benchmarks`: {conditions}. [README.md](README.md) explains it.",
            "",
            line(HEAD),
            line(["---"] * len(HEAD)),
            *(line(row.cells()) for row in rows),
            "",
        ]
    )
