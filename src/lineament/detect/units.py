"""Which unit is a scan in? The size of the face tells."""

from __future__ import annotations

from lineament.errors import InputError
from lineament.types import MILLIMETRES

TOLERANCE = 1.5
"""Heads from a small child's to a large man's lie within this factor of the mean; units lie further apart."""


def resolve_unit(estimate: float, stated: str | None, demanded: str | None) -> tuple[str | None, float]:
    """Decide a scan's unit.

    Parameters
    ----------
    estimate : float
        Millimetres in one unit of the scan, by the size of the face found in it.
    stated : str or None
        Unit that the file's format states; believed when a face of that size can be.
    demanded : str or None
        Unit that the user gave; never overruled.

    Returns
    -------
    unit : str or None
        None where the scan is in no common unit.
    mm_per_unit : float

    Raises
    ------
    InputError
        The demanded unit would make the face less than half or more than twice as large as a face can be.
    """

    def fits(unit: str, factor: float) -> bool:
        return 1 / factor < estimate / MILLIMETRES[unit] < factor

    if demanded is not None:
        if not fits(demanded, 2 * TOLERANCE):
            size = 120 * MILLIMETRES[demanded] / estimate
            likely = next((unit for unit in MILLIMETRES if fits(unit, TOLERANCE)), None)
            hint = f"; it is probably in {likely}" if likely else ""
            raise InputError(f"in {demanded} the face would be {size:.3g} mm high (nasion to chin, expected 120){hint}")
        return demanded, MILLIMETRES[demanded]
    for unit in [stated] if stated else MILLIMETRES:
        if fits(unit, TOLERANCE):
            return unit, MILLIMETRES[unit]
    if stated:
        return resolve_unit(estimate, None, None)
    return None, estimate
