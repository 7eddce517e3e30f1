"""The engine: which Python runs it, its environment, the process, and its messages."""
