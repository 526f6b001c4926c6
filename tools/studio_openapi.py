"""Writes web/openapi.json, from which the types of the page's client are made."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from lineament.studio.app import create_app
from lineament.studio.settings import Settings

PLACE = Path(__file__).resolve().parents[1] / "web" / "openapi.json"


def openapi_text() -> str:
    """Return the description of the studio's API."""
    app = create_app(Settings())
    try:
        return json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"
    finally:
        app.state.studio.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=PLACE)
    place = parser.parse_args().output
    place.write_text(openapi_text(), encoding="utf-8")
    print(place)
