"""Losses against credits, in quantities and in money, through the years, and the verdict on them."""
