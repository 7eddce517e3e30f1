"""Compiled loops over cells: numba and numpy only, serial, releasing the interpreter lock."""
