"""Declared layers, aligned to one grid, and the quantities of all services in one pass."""
