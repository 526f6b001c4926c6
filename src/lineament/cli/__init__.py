"""The command line: parses, calls the library, prints.

Modules here import click alone at the top; the library is imported inside commands, so that help costs nothing.
"""

from __future__ import annotations

import errno
from typing import IO, Any

import click

from lineament import __version__
from lineament.cli.bench import bench
from lineament.cli.compare import compare
from lineament.cli.convert import convert
from lineament.cli.curvature import curvature
from lineament.cli.db import db
from lineament.cli.demo import demo
from lineament.cli.expressions import expressions
from lineament.cli.fit import fit
from lineament.cli.info import info
from lineament.cli.landmarks import landmarks
from lineament.cli.measure import measure
from lineament.cli.pose import pose
from lineament.cli.register import register
from lineament.cli.studio import studio, view
from lineament.cli.train import train
from lineament.errors import LineamentError

__all__ = ["main"]

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


class _Failure(click.ClickException):
    """An error that the user can act on."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {self.message}", err=True)


class _Program(click.Group):
    """A group whose commands end with a line and an exit status, never with a traceback for a user's mistake."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LineamentError as error:
            raise _Failure(str(error)) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise _Failure(str(error)) from None
        except MemoryError:
            raise _Failure("out of memory; the file is too large for this machine") from None
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="lineament %(version)s")
def main() -> None:
    """Landmarks, fitted models and measures of the human face from raw 3D scans, with their expected errors in mm."""


for _command in (
    landmarks,
    fit,
    measure,
    compare,
    pose,
    expressions,
    register,
    info,
    convert,
    curvature,
    demo,
    view,
    studio,
    train,
    bench,
    db,
):
    main.add_command(_command)
