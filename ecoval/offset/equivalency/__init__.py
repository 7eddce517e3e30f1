"""Losses and gains at one year: levels, flows, present values, and the area that makes up for a debit."""
