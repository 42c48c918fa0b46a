#!/usr/bin/env python3
"""A strict S3 server for tests, on a free port of the loopback device. Python's standard library only.

It checks every signature, payload hash and clock, answers conditional puts under one lock, wants the parts of an upload
equal but for the last, and pages its listings. Prints its port as the first line and ends when standard input closes.

Control, without signature, as JSON: POST /-/faults adds a fault, POST /-/fill makes empty objects, POST /-/settings
changes settings, GET /-/requests gives what was asked for so far, DELETE /-/requests forgets it, GET /-/traffic counts
the bytes that have come, GET /-/objects?bucket=B gives keys and hashes, GET /-/wait?text=T&count=N answers when the
requests hold the text so often, POST /-/damage flips one bit of an object.
Fault: {"method", "key" (part of it), "query" (a name), "skip", "times", "do"}; do = "status:503:SlowDown",
"drop-before" (nothing happens), "drop-after" (carried out, no answer), "error200" (error with status 200, nothing
happens), "error200-after" (the same, carried out), "cut" (half of the answer), "garbage", "redirect:URL", "big" (an
endless answer), "doctype", "deny", "expired".
"""
import hashlib
import hmac
import io
import json
import re
import socket
import sys
import threading
import time
import urllib.parse
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

KEYS = {"TESTKEY": "test/secret+key", "TEMPKEY": "temporary-secret"}
TOKEN = {"TEMPKEY": "session//token=="}
SETTINGS = {"region": "eu-test-1", "min_part": 5 << 20, "conditional": "atomic", "conditional_complete": True, "clock": 0, "max_keys": 1000,
            "forbidden": [], "empty_page": ""}
LOCK = threading.RLock()
ASKED = threading.Condition(LOCK)  # notified at each request
BUCKETS = {"bucket": {}}
UPLOADS = {}
FAULTS = []
REQUESTS = []
TRAFFIC = {"received": 0}  # bytes; of what is cut off, too
EMPTY = hashlib.sha256(b"").hexdigest()


class Refused(Exception):
    def __init__(self, status, code, message="", headers=None, extra=""):
        super().__init__(code)
        self.status, self.code, self.message, self.headers, self.extra = status, code, message, headers or {}, extra


def quote(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-_.~")


class Stored:
    """An object in the pieces in which it came: completing an upload copies nothing."""
    def __init__(self, pieces, headers, etag=None):
        self.pieces, self.time = pieces, time.time()
        self.meta = {k.lower(): v for k, v in headers.items()
                     if k.lower().startswith("x-amz-meta-") or k.lower() in
                     ("x-amz-server-side-encryption", "x-amz-storage-class")}
        self.etag = etag or '"%s"' % hashlib.md5(self.read()).hexdigest()

    def size(self):
        return sum(len(piece) for piece in self.pieces)

    def read(self, first=0, last=1 << 62):
        found, at = [], 0
        for piece in self.pieces:
            part = piece[max(0, first - at): max(0, last + 1 - at)]
            at += len(piece)
            if part:
                found.append(part)
        return found[0] if len(found) == 1 else b"".join(found)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that was killed


class Counted(socket.SocketIO):
    def readinto(self, room):
        count = super().readinto(room)
        with LOCK:
            TRAFFIC["received"] += count or 0
        return count


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.rfile = io.BufferedReader(Counted(self.connection, "r"))

    def log_message(self, *args):
        pass

    def now(self):
        return time.time() + SETTINGS["clock"]

    # --- answers
    def answer(self, status, body=b"", headers=None, length=None):
        self.send_response_only(status)
        self.send_header("Date", formatdate(self.now(), usegmt=True))
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            if self.fault == "cut" and len(body) > 1:
                self.wfile.write(body[: len(body) // 2])
                raise ConnectionAbortedError
            self.wfile.write(body)
        self.wfile.flush()

    def xml(self, status, text, headers=None):
        self.answer(status, ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode(),
                    {"Content-Type": "application/xml", **(headers or {})})

    def refuse(self, error):
        if error.status == 304 or self.command == "HEAD":
            self.answer(error.status, b"", error.headers)
            return
        self.xml(error.status, "<Error><Code>%s</Code><Message>%s</Message>%s</Error>"
                 % (error.code, escape(error.message), error.extra), error.headers)

    # --- the way through one request
    def handle_any(self):
        self.fault = None
        try:
            self.one_request()
        except Refused as error:
            self.refuse(error)
        except (ConnectionError, BrokenPipeError):
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

    def one_request(self):
        length = self.headers.get("Content-Length")
        if self.command in ("PUT", "POST") and length is None:
            raise Refused(411, "MissingContentLength")
        body = self.rfile.read(int(length or 0))
        if len(body) != int(length or 0):
            raise ConnectionAbortedError
        raw_path, _, raw_query = self.path.partition("?")
        if raw_path.startswith("/-/"):
            self.control(raw_path[3:], raw_query, body)
            return
        self.query = []
        for part in raw_query.split("&") if raw_query else []:
            name, _, value = part.partition("=")
            self.query.append((urllib.parse.unquote(name), urllib.parse.unquote(value)))
        self.args = dict(self.query)
        path = urllib.parse.unquote(raw_path)
        host = self.headers.get("Host", "").split(":")[0]
        if host.endswith(".localhost"):
            self.bucket, self.key = host[: -len(".localhost")], path[1:]
        else:
            self.bucket, _, self.key = path[1:].partition("/")
        self.pick_fault()
        with LOCK:
            REQUESTS.append({"method": self.command, "key": self.key, "query": sorted(self.args), "size": len(body),
                             "range": self.headers.get("Range", ""), "fault": self.fault or "",
                             "if_none_match": self.headers.get("If-None-Match", "")})
            ASKED.notify_all()
        if self.fault == "drop-before":
            raise ConnectionAbortedError
        if self.fault and self.fault.startswith("status:"):
            _, status, code = self.fault.split(":")
            raise Refused(int(status), code, "as the test wants")
        if self.fault == "deny":
            raise Refused(403, "AccessDenied", "as the test wants")
        if self.fault == "expired":
            raise Refused(400, "ExpiredToken", "as the test wants")
        if self.fault == "garbage":
            self.answer(500, b"<html>no XML < & here")
            return
        if self.fault == "big":
            self.answer(200, b"x" * (64 << 20), length=1 << 40)
            raise ConnectionAbortedError
        if self.fault == "doctype":
            self.xml(200, '<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult/>')
            return
        if self.fault and self.fault.startswith("redirect:"):
            raise Refused(307, "TemporaryRedirect", headers={"Location": self.fault[9:] + self.path})
        if self.fault == "error200":
            raise Refused(200, "InternalError", "as the test wants")
        self.check_signature(raw_path, body)
        if self.bucket not in BUCKETS:
            raise Refused(404, "NoSuchBucket")
        name = self.operation()
        if name in SETTINGS["forbidden"]:
            raise Refused(403, "AccessDenied", "not allowed to " + name)
        with LOCK:
            result = getattr(self, name)(body)
        if self.fault == "drop-after":
            raise ConnectionAbortedError
        if self.fault == "error200-after":
            raise Refused(200, "InternalError", "as the test wants")
        result()

    def pick_fault(self):
        with LOCK:
            for fault in FAULTS:
                if fault.get("method") not in (None, self.command) or fault.get("key", "") not in self.key:
                    continue
                if fault.get("query") is not None and fault["query"] not in self.args:
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                if fault["times"] == 0:
                    continue
                fault["times"] -= 1
                self.fault = fault["do"]
                return

    # --- signature
    def check_signature(self, raw_path, body):
        given = self.headers.get("Authorization")
        if given is None:
            raise Refused(403, "AccessDenied", "not signed")
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*"
                             r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})", given)
        if not match:
            raise Refused(400, "AuthorizationHeaderMalformed", "not understood")
        key_id, day, region, names, signature = match.groups()
        if key_id not in KEYS:
            raise Refused(403, "InvalidAccessKeyId")
        if region != SETTINGS["region"]:
            raise Refused(400, "AuthorizationHeaderMalformed", "wrong region",
                          {"x-amz-bucket-region": SETTINGS["region"]},
                          "<Region>%s</Region>" % SETTINGS["region"])
        if self.headers.get("x-amz-security-token") != TOKEN.get(key_id):
            raise Refused(400, "InvalidToken")
        stamp = self.headers.get("x-amz-date", "")
        try:
            seconds = time.mktime(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) - time.timezone
        except ValueError:
            raise Refused(403, "AccessDenied", "no x-amz-date")
        if abs(seconds - self.now()) > 900:
            raise Refused(403, "RequestTimeTooSkewed")
        signed = names.split(";")
        if signed != sorted(signed) or "host" not in signed:
            raise Refused(403, "SignatureDoesNotMatch", "signed headers")
        for name in self.headers.keys():
            if name.lower().startswith("x-amz-") and name.lower() not in signed:
                raise Refused(403, "AccessDenied", "unsigned header " + name)
        payload = self.headers.get("x-amz-content-sha256")
        if payload is None:
            raise Refused(400, "MissingSecurityHeader")
        if payload != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        lines = "".join("%s:%s\n" % (n, " ".join((self.headers.get(n) or "").split())) for n in signed)
        query = "&".join("%s=%s" % pair for pair in sorted((quote(k), quote(v)) for k, v in self.query))
        canonical = "\n".join([self.command, quote(urllib.parse.unquote(raw_path), "/"), query, lines, names, payload])
        scope = "%s/%s/s3/aws4_request" % (day, region)
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = b"AWS4" + KEYS[key_id].encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if hmac.new(key, text.encode(), hashlib.sha256).hexdigest() != signature:
            raise Refused(403, "SignatureDoesNotMatch", canonical)

    # --- operations; each returns what answers
    def operation(self):
        if self.key == "":
            return "list_objects"
        by_method = {"GET": "get_object", "HEAD": "get_object", "DELETE": "delete_object", "PUT": "put_object"}
        if "uploads" in self.args and self.command == "POST":
            return "begin_upload"
        if "uploadId" in self.args:
            return {"PUT": "put_part", "POST": "complete_upload", "GET": "list_parts",
                    "DELETE": "abort_upload"}[self.command]
        if self.command not in by_method:
            raise Refused(405, "MethodNotAllowed")
        return by_method[self.command]

    def put_object(self, body):
        objects = BUCKETS[self.bucket]
        condition = self.headers.get("If-None-Match")
        forbid = self.headers.get("x-oss-forbid-overwrite")
        mode = SETTINGS["conditional"]
        if condition is not None and mode in ("unsupported", "oss"):
            raise Refused(501, "NotImplemented")
        if condition == "*" and mode == "atomic" and self.key in objects:
            raise Refused(412, "PreconditionFailed")
        if forbid == "true" and mode == "oss" and self.key in objects:
            raise Refused(409, "FileAlreadyExists")
        if len(body) > 5 << 30:
            raise Refused(400, "EntityTooLarge")
        stored = objects[self.key] = Stored([body], self.headers)
        return lambda: self.answer(200, b"", {"ETag": stored.etag})

    def get_object(self, body):
        stored = BUCKETS[self.bucket].get(self.key)
        if stored is None:
            raise Refused(404, "NoSuchKey")
        if self.headers.get("If-Match") not in (None, stored.etag):
            raise Refused(412, "PreconditionFailed")
        headers = {"ETag": stored.etag, "Last-Modified": formatdate(stored.time, usegmt=True), **stored.meta}
        first, last, status = 0, stored.size() - 1, 200
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match:
            first, last = int(match[1]), min(last, int(match[2] or 1 << 62))
            if first >= stored.size():
                raise Refused(416, "InvalidRange")
            headers["Content-Range"] = "bytes %d-%d/%d" % (first, last, stored.size())
            status = 206
        if self.command == "HEAD":
            return lambda: self.answer(status, b"", headers, last + 1 - first)
        data = stored.read(first, last)
        return lambda: self.answer(status, data, headers)

    def delete_object(self, body):
        BUCKETS[self.bucket].pop(self.key, None)
        return lambda: self.answer(204)

    def list_objects(self, body):
        if self.args.get("list-type") != "2" or self.command != "GET":
            raise Refused(501, "NotImplemented")
        prefix, after = self.args.get("prefix", ""), self.args.get("start-after", "")
        most = min(int(self.args.get("max-keys", "1000")), SETTINGS["max_keys"])
        token = self.args.get("continuation-token")
        if SETTINGS["empty_page"] and token is None:  # "token" or "no token": the first page holds nothing
            most = 0
        keys = sorted(k for k in BUCKETS[self.bucket] if k.startswith(prefix) and k > after)
        encode = (lambda k: quote(k, "/")) if self.args.get("encoding-type") == "url" else escape
        entries = "".join("<Contents><Key>%s</Key><Size>%d</Size></Contents>"
                          % (encode(k), BUCKETS[self.bucket][k].size()) for k in keys[:most])
        encoding = "<EncodingType>url</EncodingType>" if "encoding-type" in self.args else ""
        text = ('<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>%s</Name>%s'
                "<IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>"
                % (self.bucket, encoding, "true" if len(keys) > most else "false",
                   "<NextContinuationToken>1/next+=</NextContinuationToken>" if SETTINGS["empty_page"] == "token" else "",
                   entries))
        return lambda: self.xml(200, text)

    def upload(self):
        upload = UPLOADS.get(self.args["uploadId"])
        if upload is None or upload["place"] != (self.bucket, self.key):
            raise Refused(404, "NoSuchUpload")
        return upload

    def begin_upload(self, body):
        name = hashlib.sha256(repr((self.key, time.time(), len(UPLOADS))).encode()).hexdigest()[:32]
        UPLOADS[name] = {"place": (self.bucket, self.key), "parts": {}, "headers": dict(self.headers.items())}
        text = "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>" % name
        return lambda: self.xml(200, text)

    def put_part(self, body):
        number = int(self.args["partNumber"])
        if not 1 <= number <= 10000:
            raise Refused(400, "InvalidArgument")
        etag = '"%s"' % hashlib.md5(body).hexdigest()
        self.upload()["parts"][number] = (body, etag)
        return lambda: self.answer(200, b"", {"ETag": etag})

    def list_parts(self, body):
        parts, after = self.upload()["parts"], int(self.args.get("part-number-marker", 0))
        numbers = sorted(n for n in parts if n > after)
        most = min(int(self.args.get("max-parts", 1000)), SETTINGS["max_keys"])
        entries = "".join("<Part><PartNumber>%d</PartNumber><Size>%d</Size><ETag>%s</ETag></Part>"
                          % (n, len(parts[n][0]), escape(parts[n][1])) for n in numbers[:most])
        text = "<ListPartsResult><IsTruncated>%s</IsTruncated>%s</ListPartsResult>" % (
            "true" if len(numbers) > most else "false", entries)
        return lambda: self.xml(200, text)

    def complete_upload(self, body):
        upload = self.upload()
        wanted = re.findall(rb"<Part><PartNumber>(\d+)</PartNumber><ETag>([^<]*)</ETag></Part>", body)
        bodies, digests = [], b""
        for number, etag in wanted:
            part = upload["parts"].get(int(number))
            if part is None or part[1] != etag.decode().replace("&quot;", '"'):
                raise Refused(400, "InvalidPart")
            bodies.append(part[0])
            digests += bytes.fromhex(part[1].strip('"'))
        if [int(n) for n, _ in wanted] != sorted(set(int(n) for n, _ in wanted)) or not bodies:
            raise Refused(400, "InvalidPartOrder")
        if any(len(b) < SETTINGS["min_part"] for b in bodies[:-1]):
            raise Refused(400, "EntityTooSmall")
        if len({len(b) for b in bodies[:-1]}) > 1 or len(bodies[-1]) > len(bodies[0]):
            raise Refused(400, "InvalidPart", "all parts but the last must be equal")
        if self.headers.get("If-None-Match") is not None:
            if SETTINGS["conditional"] in ("unsupported", "oss") or not SETTINGS["conditional_complete"]:
                raise Refused(501, "NotImplemented")
            if SETTINGS["conditional"] == "atomic" and self.key in BUCKETS[self.bucket]:
                raise Refused(412, "PreconditionFailed")
        etag = '"%s-%d"' % (hashlib.md5(digests).hexdigest(), len(bodies))
        stored = Stored(bodies, upload["headers"], etag)
        BUCKETS[self.bucket][self.key] = stored
        del UPLOADS[self.args["uploadId"]]
        text = "<CompleteMultipartUploadResult><ETag>%s</ETag></CompleteMultipartUploadResult>" % escape(stored.etag)
        return lambda: self.xml(200, text)

    def abort_upload(self, body):
        self.upload()
        del UPLOADS[self.args["uploadId"]]
        return lambda: self.answer(204)

    # --- control
    def control(self, what, query, body):
        given = json.loads(body) if body.startswith(b"{") else {}
        args = dict(urllib.parse.parse_qsl(query))
        with LOCK:
            result = {}
            if what == "faults" and self.command == "POST":
                FAULTS.append({"times": 1, **given})
            elif what == "faults" and self.command == "DELETE":
                FAULTS.clear()
            elif what == "settings":
                SETTINGS.update(given)
            elif what == "bucket":
                BUCKETS.setdefault(given["name"], {})
            elif what == "fill":
                BUCKETS.setdefault(given["bucket"], {})
                for key in given["keys"]:
                    BUCKETS[given["bucket"]][key] = Stored([b""], {})
            elif what == "requests" and self.command == "DELETE":
                REQUESTS.clear()
            elif what == "requests":
                result = REQUESTS
            elif what == "wait":
                enough = lambda: json.dumps(REQUESTS).count(args["text"]) >= int(args["count"])
                result = ASKED.wait_for(enough, 20)
            elif what == "traffic":
                result = TRAFFIC
            elif what == "uploads":
                result = [{"key": u["place"][1], "parts": len(u["parts"])} for u in UPLOADS.values()]
            elif what == "objects":
                result = {k: {"sha256": hashlib.sha256(v.read()).hexdigest(), "size": v.size(), **v.meta}
                          for k, v in BUCKETS.get(args["bucket"], {}).items()}
            elif what == "damage":
                stored = BUCKETS[given["bucket"]][given["key"]]
                data = bytearray(stored.read())
                data[given["offset"] % len(data)] ^= 1 << given.get("bit", 0)
                stored.pieces = [bytes(data)]
            elif what.startswith("latest/") or what == "container" or what == "sts/":
                return self.give_keys(what, args, body)
            text = json.dumps(result).encode()
        self.answer(200, text, {"Content-Type": "application/json"})

    # --- where keys come from, each with a check that it was asked for properly
    def give_keys(self, what, args, body):
        keys = {"AccessKeyId": "TEMPKEY", "SecretAccessKey": KEYS["TEMPKEY"], "Token": TOKEN["TEMPKEY"],
                "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now() + 3600))}
        if what == "latest/api/token":
            good = self.command == "PUT" and self.headers.get("x-aws-ec2-metadata-token-ttl-seconds") == "21600"
            self.answer(200 if good else 400, b"imds-token")
        elif what.startswith("latest/meta-data/iam/security-credentials/"):
            if self.headers.get("x-aws-ec2-metadata-token") != "imds-token":
                self.answer(401)
            elif what.endswith("/"):
                self.answer(200, b"the role\n")
            else:
                self.answer(200 if what.endswith("the%20role") else 404, json.dumps(keys).encode())
        elif what == "container":
            good = self.headers.get("Authorization") == "container-token"
            self.answer(200 if good else 401, json.dumps(keys).encode())
        else:
            form = dict(urllib.parse.parse_qsl(body.decode()))
            good = form.get("Action") == "AssumeRoleWithWebIdentity" and form.get("WebIdentityToken") == "web+token/="
            text = ("<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
                    "<AccessKeyId>TEMPKEY</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>"
                    "<SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>"
                    "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
                    % (keys["SecretAccessKey"], keys["Token"], keys["Expiration"]))
            self.xml(200 if good else 403, text)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
