"""Benchmarks: protocols, datasets, metrics, reports, comparisons. PyTorch is imported for virtual people alone."""
