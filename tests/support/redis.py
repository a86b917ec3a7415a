"""Redis over its unix socket, just enough to look and to break."""
import socket


class RedisError(Exception):
    pass


class Redis:
    def __init__(self, path):
        self.path = path

    def call(self, *words):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(5)
            link.connect(self.path)
            out = [b"*%d\r\n" % len(words)]
            for word in words:
                text = str(word).encode()
                out.append(b"$%d\r\n%s\r\n" % (len(text), text))
            link.sendall(b"".join(out))
            with link.makefile("rb") as stream:
                return self._read(stream)

    def _read(self, stream):
        line = stream.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            return stream.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return [self._read(stream) for _ in range(int(rest))]
        raise RedisError(f"no answer: {line!r}")
