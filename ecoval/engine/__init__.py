"""`ecoval serve`: the library as a process that answers JSON lines, for the QGIS plugin and for other programs.

One object per line in both directions (protocol 1). Requests have an id; each ends with exactly one `result` or `error`. Tables
and layers are never sent, only their paths. One computation runs at a time; greetings, pings and cancellations are answered
meanwhile.
"""

__all__ = ["serve"]


def serve() -> None:
    """Answer requests on standard input until `shutdown` or its end."""
    from ecoval.engine.channel import Channel
    from ecoval.engine.server import Server

    Server(Channel.standard()).run()
