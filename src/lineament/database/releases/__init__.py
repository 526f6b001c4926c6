"""Releases: what was handed to whom, fixed by a manifest, with nobody in two splits, and without those who left."""
