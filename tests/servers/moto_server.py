#!/usr/bin/env python3
"""moto as an S3 server with an empty bucket named bucket, in memory: 100 keys a page, parts from 4 KiB on. It checks no signature."""
import logging
import os
import sys

import optional

optional.run_in_virtual_environment()
os.environ.update(MOTO_S3_DEFAULT_MAX_KEYS="100", S3_UPLOAD_PART_MIN_SIZE="4096")
try:
    import boto3
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer
except ImportError as error:
    optional.missing("the Python module %s; ./dev test --all installs it" % error.name)


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    boto3.client("s3", endpoint_url="http://127.0.0.1:%d" % port, region_name="us-east-1", aws_access_key_id="x",
                 aws_secret_access_key="x").create_bucket(Bucket="bucket")
    print(port, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
