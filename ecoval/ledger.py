"""Ledger of debits and credits: append-only transactions in a GeoPackage."""
