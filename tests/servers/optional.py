"""For servers that are not of this project: which Python has them, and what to say where none has.

A server tells its port in the first line that it prints, or "missing: " and what to install. It ends when standard
input closes.
"""
import os
import sys


def missing(what):
    print("missing: " + what, flush=True)
    sys.exit(1)


def run_with(python, install):
    """Goes on in another interpreter, unless this is it."""
    if os.environ.get("CAIRN_TEST_SERVER_PYTHON") == python:
        return
    if not os.path.exists(python):
        missing(install)
    os.environ["CAIRN_TEST_SERVER_PYTHON"] = python
    os.execv(python, [python] + sys.argv)


def run_in_virtual_environment():
    folder = os.environ.get("CAIRN_TEST_SERVERS", "")
    if folder == "":
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        folder = os.path.join(root, "build", "test-servers")
    run_with(os.path.join(folder, "bin", "python"),
             "a Python environment in %s; ./dev test --all makes it (tests/servers/README.md)" % folder)
