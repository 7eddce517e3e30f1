"""Ledger of debits and credits: append-only transactions in a GeoPackage, safe when several processes write."""

from ecoval.ledger.book import Ledger, Receipt
from ecoval.ledger.entries import Entry, credits_of, debits_of

__all__ = ["Ledger", "Receipt", "Entry", "credits_of", "debits_of"]
