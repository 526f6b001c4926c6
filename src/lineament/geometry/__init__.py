"""Geometry of points and triangles: neighbours, normals, curvature, sampling, alignment, visibility."""
