"""What Git hosts have in common, for tests: bare repositories over HTTP on a free port of the loopback device.

/NAME/NAME.git is made when it is first asked for. `git http-backend` serves everything but info/lfs.
"""
import os
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOCK = threading.Lock()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that was killed


class GitHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    folder = ""  # of the repositories

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def handle_any(self):
        try:
            body = self.read_body()
            path, _, query = self.path.partition("?")
            path = urllib.parse.unquote(path)
            repository, lfs, rest = path.partition("/info/lfs/")
            if not self.may_come_in(rest if lfs else ""):
                self.answer(401, b"", [("WWW-Authenticate", 'Basic realm="git"')])
            elif lfs:
                self.serve_lfs(repository.strip("/"), rest, body)
            else:
                self.serve_git(path, query, body)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_PUT = do_POST = handle_any

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) != length:
                raise ConnectionAbortedError
            return body
        parts = []
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            parts.append(self.rfile.read(size))
            if len(parts[-1]) != size:
                raise ConnectionAbortedError
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def may_come_in(self, lfs_path):
        return True

    def serve_lfs(self, repository, path, body):
        raise NotImplementedError

    def serve_git(self, path, query, body):
        name = path.partition(".git")[0].strip("/") + ".git"
        if ".." in path or name.count("/") != 1:
            self.answer(404)
            return
        self.make(os.path.join(self.folder, name))
        environment = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": self.folder, "GIT_HTTP_EXPORT_ALL": "1",
                       "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_USER": "cairn",
                       "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)),
                       "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                       "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                       "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "HOME": self.folder}
        output = subprocess.run(["git", "http-backend"], input=body, stdout=subprocess.PIPE, env=environment).stdout
        head, _, content = output.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if line]
        status = int(dict(headers).get("Status", "200").split()[0])
        self.answer(status, content, [pair for pair in headers if pair[0] not in ("Status", "Content-Length")])

    def make(self, path):
        with LOCK:
            if not os.path.exists(path):
                subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", path], check=True)


def run(handler, folder):
    handler.folder = os.path.abspath(folder)
    server = Server(("127.0.0.1", 0), handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
