"""Output of `--help`: options under headings, and examples with their line breaks."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperOption


class GroupedHelp(TyperCommand):
    """Command whose help groups its options. Typer's own groups require Rich."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, Typer's classes for them are private
        """Write the options of each group under its heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, TyperOption):
                heading = parameter.rich_help_panel or "This command"
                groups.setdefault(heading, []).append(record)
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        """Write the examples without rewrapping their lines."""
        formatter.write(f"\n{self.epilog}")
