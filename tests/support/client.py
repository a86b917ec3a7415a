"""The wire as a stranger speaks it: http.client, and bare sockets for what that would not send."""
import http.client
import json
import socket
import urllib.parse


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    """A caller with one key; key None sends none."""

    def __init__(self, port, key=None, project=1):
        self.port = port
        self.key = key
        self.project = project

    def with_key(self, key):
        return Client(self.port, key, self.project)

    def request(self, method, path, body=None, headers=None, timeout=60):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {} if self.key is None else {"Authorization": f"Bearer {self.key}"}
            sent.update(headers or {})
            link.request(method, path, body=body, headers=sent)
            answer = link.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            link.close()

    def get(self, path, **headers):
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post_json(self, path, value, headers=None):
        return self.request("POST", path, json.dumps(value).encode(),
                            {"Content-Type": "application/json", **(headers or {})})

    def post_form(self, path, fields):
        return self.request("POST", path, urllib.parse.urlencode(fields).encode(),
                            {"Content-Type": "application/x-www-form-urlencoded"})

    def post_multipart(self, path, fields, boundary="b0undary"):
        parts = []
        for name, value in fields.items():
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n')
        body = "".join(parts) + f"--{boundary}--\r\n"
        return self.request("POST", path, body.encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def bare(self, data, timeout=20):
        """Bytes as they are; what came back until the server closed or said nothing more."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as link:
            try:
                link.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            got = b""
            link.settimeout(5)
            try:
                while True:
                    more = link.recv(65536)
                    if not more:
                        break
                    got += more
                    if b"\r\n\r\n" in got and len(data) < 100000:
                        break
            except (TimeoutError, ConnectionResetError):
                pass
            return got

    # The exports of the project.

    @property
    def exports(self):
        return f"/api/projects/{self.project}/exports"

    def create(self, value, wait=None):
        headers = {} if wait is None else {"Prefer": f"wait={wait}"}
        return self.post_json(self.exports + "/", value, headers)

    def retrieve(self, number):
        return self.get(f"{self.exports}/{number}/")

    def content(self, number, query=""):
        return self.get(f"{self.exports}/{number}/content/{query}")
