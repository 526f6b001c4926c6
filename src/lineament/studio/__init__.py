"""Lineament Studio: a typed JSON API over the library, and the page that uses it."""
