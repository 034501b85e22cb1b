"""Stand between a client and its server, and cut their connections."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Iterator

# Close with a reset, as a network that is gone looks to those who still send.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Pass on what comes to a port of 127.0.0.1.

    :param host: where to.
    :param port: where to.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        # In the order in which they were opened: both ends of each.
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def open_connections(self) -> list[int]:
        """Return the numbers of the connections that are open."""
        return [n for n, pair in enumerate(self._pairs) if pair[0].fileno() >= 0]

    def cut(self, number: int) -> None:
        """Cut a connection."""
        for end in self._pairs[number]:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            with contextlib.suppress(OSError):
                # Wakes the thread that reads; closing alone would not.
                end.shutdown(socket.SHUT_RD)
            end.close()

    def close(self) -> None:
        """Cut everything, and listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for number in self.open_connections:
            self.cut(number)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._to)
            self._pairs.append((client, server))
            for ends in ((client, server), (server, client)):
                threading.Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextlib.contextmanager
def proxy(host: str, port: int) -> Iterator[Proxy]:
    """Run a proxy for some time."""
    made = Proxy(host, port)
    try:
        yield made
    finally:
        made.close()
