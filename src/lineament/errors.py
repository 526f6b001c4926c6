"""Errors that a user can act on; everything Lineament raises on purpose is a `LineamentError`."""

from __future__ import annotations


class LineamentError(Exception):
    """Base of all errors; its text names what was found, what was expected and what to do."""


class InputError(LineamentError):
    """A value or a file from the user cannot be used."""


class FormatError(InputError):
    """A file does not follow its format: truncated, damaged, or named with the wrong suffix."""


class NoFaceError(InputError):
    """The scan holds no face that can be found with confidence."""


class ModelError(LineamentError):
    """A shipped asset (a network, the face model) is missing, damaged or of another version."""


class AccessError(LineamentError):
    """The rules of a database do not allow an action; the text says which rule."""


class StoreError(LineamentError):
    """A database is damaged, of another version, or cannot be written."""
