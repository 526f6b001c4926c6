"""`lineament studio` and `lineament view`: the workbench in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lineament.cli.options import FILE

if TYPE_CHECKING:
    from lineament.studio.settings import Settings

port = click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; one that is free without it."
)
no_browser = click.option("--no-browser", is_flag=True, help="Only print the address.")


@click.command()
@click.argument("scans", metavar="SCAN...", nargs=-1, required=True, type=FILE)
@port
@no_browser
def view(scans: tuple[Path, ...], port: int, no_browser: bool) -> None:
    """Show scans with their landmarks in a browser, to look at and to correct.

    Corrected landmarks are saved beside each scan. Ctrl-C ends it.
    """
    from lineament.errors import InputError
    from lineament.studio.settings import Settings

    for path in scans:
        if not path.is_file():
            raise InputError(f"{path} is {'a folder' if path.is_dir() else 'not there'}; give scans")
    _serve(Settings(port=port, preload=tuple(path.absolute() for path in scans)), not no_browser)


@click.command()
@click.option("--db", "database", type=FILE, help="A database to browse.")
@click.option("--as", "actor", help="Act as this person of the database, without a password; on this machine alone.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--certificate", type=FILE, help="PEM file; needed where other machines can reach the address.")
@click.option("--key", type=FILE, help="PEM file of the certificate's key.")
@click.option("--name", "public_name", help="Name by which browsers call the studio, where it is not the address.")
@port
@no_browser
def studio(
    database: Path | None,
    actor: str | None,
    host: str,
    certificate: Path | None,
    key: Path | None,
    public_name: str | None,
    port: int,
    no_browser: bool,
) -> None:
    """Open the workbench in a browser: scans, corrections, fits, comparisons, 4D sequences and databases.

    With a database, people sign in as its actors with their passwords. Ctrl-C ends it.
    """
    from lineament.errors import InputError
    from lineament.studio.settings import Settings

    for path in (certificate, key):
        if path is not None and not path.is_file():
            raise InputError(f"{path} is not there; give a PEM file")
    settings = Settings(
        host=host,
        port=port,
        database=None if database is None else database.absolute(),
        actor=actor,
        certificate=certificate,
        key=key,
        public_name=public_name,
    )
    _serve(settings, not no_browser)


def _serve(settings: Settings, browser: bool) -> None:
    from lineament.errors import InputError

    try:
        from lineament.studio.serving import serve
    except ModuleNotFoundError as error:
        raise InputError(f"the studio needs {error.name}; install it with: pip install 'lineament[studio]'") from None

    def tell(address: str) -> None:
        click.echo(f"Lineament Studio: {address}")
        click.echo("Ctrl-C ends it.")

    serve(settings, tell, browser)
