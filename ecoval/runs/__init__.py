"""Runs: a folder that holds one run whole, the record of what went in and what came of it, one way to open and end it."""

from ecoval.runs.folder import RECORD, RunFolder, default_folder, finished_record
from ecoval.runs.run import Run, open_run

__all__ = ["RECORD", "Run", "RunFolder", "default_folder", "finished_record", "open_run"]
