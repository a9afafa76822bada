"""What the programs of this folder share: how they report, how they connect, how they wait.

Each check is one JSON line on standard output, see harness/client-program.ts. Settings come by environment:
ROOKERY_URL, ROOKERY_CA, ROOKERY_USER, ROOKERY_PASSWORD_FILE, ROOKERY_TINY_DISK, ROOKERY_TINY_ISO, ROOKERY_SCRATCH.
"""

import contextlib
import json
import os
import sys
import time
import traceback

import ovirtsdk4 as sdk
from ovirtsdk4 import types

URL = os.environ["ROOKERY_URL"]
CA = os.environ["ROOKERY_CA"]
USER = os.environ["ROOKERY_USER"]
DISK = os.environ.get("ROOKERY_TINY_DISK", "")
ISO = os.environ.get("ROOKERY_TINY_ISO", "")
SCRATCH = os.environ.get("ROOKERY_SCRATCH", "")

failed = False


class Skipped(Exception):
    """Raised inside a check; its text is the reason."""


def password():
    with open(os.environ["ROOKERY_PASSWORD_FILE"]) as file:
        return file.read().rstrip("\n")


def connect(**changes):
    """A connection as an administrator makes it."""
    return sdk.Connection(**{"url": URL, "username": USER, "password": password(), "ca_file": CA, **changes})


def tell(**line):
    print(json.dumps(line), flush=True)


def ask(kind, **question):
    """Asks the program that started this one, and gives its answer."""
    tell(ask=kind, **question)
    answer = json.loads(sys.stdin.readline())
    if "error" in answer:
        raise AssertionError(answer["error"])
    return answer.get("ok")


@contextlib.contextmanager
def check(name, fatal=False):
    """One check. Its body's exception is its failure; with `fatal` nothing after it makes sense and the program ends."""
    global failed
    try:
        yield
    except Skipped as reason:
        tell(check=name, skip=str(reason))
        return
    except Exception as error:
        failed = True
        where = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{type(error).__name__}: {error}" if str(error) else f"{type(error).__name__} at {where.line}"
        tell(check=name, ok=False, why=why)
        if fatal:
            raise Fatal() from error
        return
    tell(check=name, ok=True)


class Fatal(Exception):
    """The rest of a program cannot be checked; its reason has been told."""


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what} is {actual!r}, expected {expected!r}")


def until(what, look, seconds=300, every=1.0):
    """Looks until the answer is true; gives it. What the last look said is in the failure."""
    end = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(every)


def until_status(what, get, wanted, seconds=300, never=()):
    """Waits until an object has a status; one of `never` is a failure at once."""
    last = None

    def look():
        nonlocal last
        last = get()
        if last.status in never:
            raise AssertionError(f"{what} became {last.status}")
        return last if last.status == wanted else None

    try:
        return until(f"{what} to be {wanted}", look, seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {getattr(last, 'status', None)}") from None


def gone(get, seconds=60):
    """Waits until GET answers 404."""

    def look():
        try:
            get()
        except sdk.NotFoundError:
            return True
        return False

    until("the object to be gone", look, seconds, 0.5)


@contextlib.contextmanager
def program():
    """Around a whole program: cleaning functions added to the list run in reverse at the end, whatever happens."""
    cleaning = []
    try:
        yield cleaning
    except Fatal:
        pass
    finally:
        for clean in reversed(cleaning):
            try:
                clean()
            except Exception as error:  # the checks have said what is wrong; this only tidies up
                print(f"not cleaned: {error}", file=sys.stderr)


def data_domain(connection):
    """The active data domain."""
    domains = connection.system_service().storage_domains_service().list()
    data = [each for each in domains if each.type == types.StorageDomainType.DATA]
    if not data:
        raise AssertionError("there is no data domain")
    return data[0]
