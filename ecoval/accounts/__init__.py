"""Accounts: totals arranged into the tables of a run folder, and their identities. Tables in, tables out; no files."""

from ecoval.accounts.extent import extent_account
from ecoval.accounts.gep import gep_account
from ecoval.accounts.indicators import indicator_account
from ecoval.accounts.supply import supply_account

__all__ = ["extent_account", "gep_account", "indicator_account", "supply_account"]
