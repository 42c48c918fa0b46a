#!/usr/bin/env python3
"""A strict Git LFS server for tests, with the Git repositories themselves. Python's standard library only.

usage: lfs_server.py FOLDER. User "cairn", password "pass/word". Every request but a transfer, which has its own token,
wants the password. An object is there when its bytes have the hash that names it and the client has asked to verify
them. State is on disk: what a killed server had accepted is there when it is started on the folder again.
"""
import base64
import hashlib
import json
import os
import re
import sys
import threading

import git_host

PASSWORD = "Basic " + base64.b64encode(b"cairn:pass/word").decode()
TYPE = "application/vnd.git-lfs+json"
TOKEN = "transfer " + os.urandom(16).hex()
OID = re.compile(r"[0-9a-f]{64}")
MOST_OBJECTS = 100


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


class Handler(git_host.GitHandler):
    def may_come_in(self, lfs_path):
        if re.fullmatch("objects/[0-9a-f]+", lfs_path):
            return self.headers.get("Authorization") == TOKEN
        return self.headers.get("Authorization") == PASSWORD

    def serve_lfs(self, repository, path, body):
        try:
            if path == "objects/batch" and self.command == "POST":
                self.batch(repository, self.asked(body))
            elif path == "objects/verify" and self.command == "POST":
                self.verify(repository, self.asked(body))
            elif path.startswith("objects/") and self.command == "PUT":
                self.take(repository, path[8:], body)
            elif path.startswith("objects/") and self.command == "GET":
                self.give(repository, path[8:])
            else:
                raise Refused(404, "no such route")
        except Refused as error:
            self.say(error.status, {"message": error.message})

    def say(self, status, what):
        self.answer(status, json.dumps(what).encode(), [("Content-Type", TYPE)])

    def asked(self, body):
        for name in ("Accept", "Content-Type"):
            if self.headers.get(name, "").split(";")[0] != TYPE:
                raise Refused(406, "%s must be %s" % (name, TYPE))
        return json.loads(body)

    def place(self, repository, oid, uploaded=False):
        if not OID.fullmatch(oid):
            raise Refused(422, "no object name: " + oid)
        folder = os.path.join(self.folder, repository, "uploaded" if uploaded else "lfs")
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, oid)

    def batch(self, repository, asked):
        objects, operation = asked["objects"], asked["operation"]
        if operation not in ("upload", "download") or asked.get("hash_algo", "sha256") != "sha256":
            raise Refused(422, "not understood")
        if len(objects) > MOST_OBJECTS:
            raise Refused(413, "more than %d objects" % MOST_OBJECTS)
        answers = [self.actions(repository, operation, each["oid"], each["size"]) for each in objects]
        self.say(200, {"transfer": "basic", "hash_algo": "sha256", "objects": answers})

    def actions(self, repository, operation, oid, size):
        path = self.place(repository, oid)
        there = os.path.exists(path) and os.path.getsize(path) == size
        out = {"oid": oid, "size": size}
        base = "http://%s/%s/info/lfs/objects/" % (self.headers["Host"], repository)
        transfer = {"href": base + oid, "header": {"Authorization": TOKEN}, "expires_in": 600}
        if operation == "download" and there:
            out.update(authenticated=True, actions={"download": transfer})
        elif operation == "download":
            out["error"] = {"code": 404, "message": "not here"}
        elif not there:
            verify = {"href": base + "verify", "header": {"Authorization": PASSWORD}, "expires_in": 600}
            out.update(authenticated=True, actions={"upload": transfer, "verify": verify})
        return out

    def take(self, repository, oid, body):
        if hashlib.sha256(body).hexdigest() != oid:
            raise Refused(422, "the bytes have another hash")
        path = self.place(repository, oid, uploaded=True)
        own = "%s.%d" % (path, threading.get_ident())
        with open(own, "wb") as file:
            file.write(body)
            os.fsync(file.fileno())
        os.replace(own, path)
        self.answer(200)

    def verify(self, repository, asked):
        path, uploaded = self.place(repository, asked["oid"]), self.place(repository, asked["oid"], uploaded=True)
        with git_host.LOCK:
            if os.path.exists(uploaded):
                os.replace(uploaded, path)
        if not os.path.exists(path) or os.path.getsize(path) != asked["size"]:
            raise Refused(404, "not here, or of another size")
        self.say(200, {})

    def give(self, repository, oid):
        try:
            with open(self.place(repository, oid), "rb") as file:
                body = file.read()
        except FileNotFoundError:
            raise Refused(404, "not here")
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not match:
            self.answer(200, body, [("Content-Type", "application/octet-stream")])
            return
        first, last = int(match[1]), min(int(match[2] or len(body) - 1), len(body) - 1)
        if first > last:
            raise Refused(416, "beyond its end")
        self.answer(206, body[first: last + 1], [("Content-Range", "bytes %d-%d/%d" % (first, last, len(body)))])


if __name__ == "__main__":
    git_host.run(Handler, sys.argv[1])
