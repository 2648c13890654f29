"""The table of results, and whether the goals are met."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

PEERS = ["tutorial", "bare", "core", "node"]


@dataclass(frozen=True)
class Goal:
    """A bound on the median ratio of the project to a peer, or on the project's own figure.

    Attributes:
        title: The title of the row.
        bound: The bound, such as ">= 0.8".
        peer: The peer; empty for the project's own figure.
        servers: The servers that it holds for, or all if empty.
        layers: The channel layers that it holds for, or all if empty.
    """

    title: str
    bound: str
    peer: str = ""
    servers: str = ""
    layers: str = ""

    def concerns(self, row: "Row") -> bool:
        """Return whether the goal is one of a row."""
        return (
            self.title == row.title
            and row.server in (self.servers.split() or [row.server])
            and row.layer in (self.layers.split() or [row.layer])
            and (self.peer or "project") in row.figures
        )

    def verdict(self, row: "Row") -> str:
        """Return the goal, and whether a row meets it."""
        figure = median(row.ratios(self.peer) if self.peer else row.figures["project"])
        relation, bound = self.bound.split()
        met = figure >= float(bound) if relation == ">=" else figure <= float(bound)
        return f"{f'{self.bound} {self.peer}'.strip()}: {'met' if met else '**not met**'}"


OTHERS = "daphne hypercorn granian"
GOALS = [
    Goal("ping and pong", ">= 0.7", "bare", "uvicorn"),
    Goal("fan-out to 100", ">= 0.8", "bare", "uvicorn", "memory"),
    Goal("fan-out to 100", ">= 12", "tutorial", "uvicorn", "memory"),
    Goal("fan-out to 1,000", ">= 0.8", "bare", "uvicorn", "memory"),
    Goal("fan-out to 1,000", ">= 12", "tutorial", "uvicorn", "memory"),
    Goal("fan-out to 10,000", ">= 0.8", "bare", "uvicorn", "memory"),
    Goal("fan-out to 1,000", ">= 0.75", "bare", "uvicorn", "redis"),
    Goal("fan-out to 1,000", ">= 10", "tutorial", "uvicorn", "redis"),
    Goal("memory per idle connection of 5,000", "<= 1.5", "bare", "uvicorn"),
    # These servers limit the fan-out so much that a multiple of the tutorial's says little.
    Goal("ping and pong", ">= 0.5", "bare", OTHERS),
    Goal("ping and pong", ">= 2.3", "tutorial", OTHERS),
    Goal("fan-out to 1,000", ">= 0.75", "bare", OTHERS),
    Goal("rate beside a stalled client", ">= 0.9"),
    Goal("p99 beside a stalled client", "<= 1.5"),
]


@dataclass
class Row:
    """One figure of each subject, measured in each round."""

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

    def cells(self) -> Iterator[str]:
        """Yield the row's cells in the order of HEAD."""
        yield f"{self.title} ({self.unit})"
        yield self.server
        yield self.layer
        yield number(median(self.figures["project"]))
        for peer in PEERS:
            ratios = self.ratios(peer)
            yield (
                f"{number(median(self.figures[peer]))} · "
                f"{median(ratios):.2f} [{min(ratios):.2f}..{max(ratios):.2f}]"
                if ratios
                else ""
            )
        yield f"{max(self.client_cpu):.2f} / {max(self.server_cpu):.2f}"
        yield "; ".join(goal.verdict(self) for goal in GOALS if goal.concerns(self))


HEAD = ["what", "server", "layer", "project", *PEERS, "most CPU, client / server", "goals"]


def number(figure: float) -> str:
    """Return a figure with at least three digits."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"  # noqa: PLR2004


def line(cells: Iterator[str] | list[str]) -> str:
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
            "Beside the figure of a peer stands the ratio of the project to it: the median of the",
            "rounds, with the smallest and the largest.",
            "",
            line(HEAD),
            line(["---"] * len(HEAD)),
            *(line(row.cells()) for row in rows),
            "",
        ]
    )
