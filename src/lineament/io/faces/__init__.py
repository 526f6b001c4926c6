"""Fitted faces in files: parameters, rigs, meshes."""
