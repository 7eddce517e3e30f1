"""Soil maps."""
