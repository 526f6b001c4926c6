"""What routes draw of an open scan, made once and kept with it."""

from __future__ import annotations

from lineament.studio.display import MOST, Display, make_display
from lineament.studio.gltf import pack_mesh
from lineament.studio.surface import PickSurface, pick_surface
from lineament.studio.workspace import Item


def display_of(item: Item) -> Display:
    """Return the scan as it is drawn."""
    return item.made("display", lambda: make_display(item.parsed, item.texture, item.centre(), MOST))


def mesh_of(item: Item, full: bool) -> bytes:
    """Return the scan as a GLB file, for drawing or at full resolution."""
    if full:
        return _packed(make_display(item.parsed, item.texture, item.centre(), None), item)
    return item.made("mesh", lambda: _packed(display_of(item), item))


def surface_of(item: Item) -> PickSurface:
    """Return the scan prepared for rays and nearest points."""
    return item.made("surface", lambda: pick_surface(item.parsed, item.centre()))


def _packed(shown: Display, item: Item) -> bytes:
    image = None if item.texture is None or shown.uv is None else item.texture.image
    return pack_mesh(shown.points, shown.triangles, shown.normals, shown.colors, shown.uv, image)
