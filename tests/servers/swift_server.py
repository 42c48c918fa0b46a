#!/usr/bin/env python3
"""OpenStack Swift with its s3api middleware as an S3 server with an empty bucket named bucket.

usage: swift_server.py FOLDER; the folder's file system holds extended attributes. One proxy, account, container and
object server, one replica, in this process; rings are made anew. 100 keys a page, parts from 4 KiB on; user
test:tester, key testing.
"""
import os
import sys

import optional

optional.run_with("/usr/bin/python3", "/usr/bin/python3 with Debian's package python3-swift")
try:
    import eventlet
    eventlet.monkey_patch()
    from eventlet import wsgi
    from swift.common import utils
except ImportError as error:
    optional.missing("the Python module %s; it comes with Debian's package python3-swift" % error.name)

KINDS = ("account", "container", "object")
SWIFT_CONF = """
[swift-hash]
swift_hash_path_suffix = cairn
"""
STORAGE_CONF = """
[DEFAULT]
devices = {folder}/devices
mount_check = false
swift_dir = {folder}
db_preallocation = off
disable_fallocate = true
fallocate_reserve = 0
conn_timeout = 10
node_timeout = 60
container_update_timeout = 60
log_level = ERROR
[app:main]
use = egg:swift#{kind}
log_requests = false
"""
PROXY_CONF = """
[DEFAULT]
swift_dir = {folder}
log_level = ERROR
[pipeline:main]
pipeline = {filters} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 10
node_timeout = 60
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
max_bucket_listing = 100
max_parts_listing = 100
min_segment_size = 4096
auth_pipeline_check = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
rate_limit_under_size = 0
"""
FILTERS = "catch_errors gatekeeper listing_formats s3api tempauth slo"


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def check_attributes(folder):
    path = write(folder, "attributes", "")
    try:
        os.setxattr(path, "user.swift.metadata", b"x" * 1000)
    except OSError:
        optional.missing("a file system with extended attributes under %s; TMPDIR chooses another" % folder)


def make_ring(folder, kind, port):
    from swift.common.ring.builder import RingBuilder
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d", "weight": 1,
                     "replication_ip": "127.0.0.1", "replication_port": port})
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, kind + ".ring.gz"))


class Cache:
    """What Swift asks of memcached; entries never end."""

    def __init__(self):
        self.entries = {}

    def get(self, key, raise_on_error=False):
        return self.entries.get(key)

    def set(self, key, value, **ways):
        self.entries[key] = value

    def delete(self, key, server_key=None):
        self.entries.pop(key, None)


class Quiet:
    def write(self, text):
        pass


def serve(listener, app):
    eventlet.spawn(wsgi.server, listener, app, log=Quiet(), log_output=False)


def main():
    folder = os.path.abspath(sys.argv[1])
    check_attributes(folder)
    os.makedirs(os.path.join(folder, "devices", "d"))
    write(folder, "swift.conf", SWIFT_CONF)
    utils.set_swift_dir(folder)
    from swift.common.internal_client import InternalClient
    from swift.common.wsgi import loadapp
    for kind in KINDS:
        listener = eventlet.listen(("127.0.0.1", 0))
        make_ring(folder, kind, listener.getsockname()[1])
        conf = write(folder, kind + ".conf", STORAGE_CONF.format(folder=folder, kind=kind))
        serve(listener, loadapp(conf))
    inner = write(folder, "inner.conf", PROXY_CONF.format(folder=folder, filters="catch_errors"))
    InternalClient(None, "cairn", 1, app=loadapp(inner)).create_container("AUTH_test", "bucket")
    listener = eventlet.listen(("127.0.0.1", 0))
    proxy = loadapp(write(folder, "proxy.conf", PROXY_CONF.format(folder=folder, filters=FILTERS)))
    cache = Cache()
    serve(listener, lambda environ, answer: proxy({**environ, "swift.cache": cache}, answer))
    print(listener.getsockname()[1], flush=True)
    eventlet.tpool.execute(sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    main()
