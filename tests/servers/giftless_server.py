#!/usr/bin/env python3
"""giftless as the Git LFS server of Git repositories that are served beside it.

usage: giftless_server.py FOLDER
"""
import io
import os
import sys

import optional

optional.run_in_virtual_environment()
try:
    from giftless.app import init_app
except ImportError as error:
    optional.missing("the Python module %s; ./dev test --all installs it" % error.name)

import git_host


class Handler(git_host.GitHandler):
    app = None

    def serve_lfs(self, repository, path, body):
        environment = {"REQUEST_METHOD": self.command, "SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1",
                       "PATH_INFO": self.path.partition("?")[0], "QUERY_STRING": self.path.partition("?")[2],
                       "SERVER_PORT": str(self.server.server_address[1]), "SERVER_PROTOCOL": "HTTP/1.1",
                       "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                       "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
                       "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": False,
                       "wsgi.run_once": False}
        for name, value in self.headers.items():
            environment["HTTP_" + name.upper().replace("-", "_")] = value
        begun = []
        chunks = self.app(environment, lambda status, headers, error=None: begun.append((status, headers)))
        content = b"".join(chunks)
        status, headers = begun[-1]
        self.answer(int(status.split()[0]), content, [pair for pair in headers if pair[0] != "Content-Length"])


def main():
    folder = os.path.abspath(sys.argv[1])
    os.chdir(folder)
    storage = {"path": os.path.join(folder, "lfs-objects")}
    Handler.app = init_app(additional_config={
        "LEGACY_ENDPOINTS": False, "AUTH_PROVIDERS": ["giftless.auth.allow_anon:read_write"],
        "PRE_AUTHORIZED_ACTION_PROVIDER": {"options": {"private_key": os.urandom(32).hex()}},
        "TRANSFER_ADAPTERS": {"basic": {"options": {"storage_options": storage}}}})
    git_host.run(Handler, folder)


if __name__ == "__main__":
    main()
