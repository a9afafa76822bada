"""Reads recorded answers with the SDK's own readers and says what they lost.

Usage: readback.py FOLDER: every *.response.xml in it. A loss is an element that the reader skipped, an enum text that it does not
know, or a value that is not there when the object is written again. Links and actions are no content.
"""

import datetime
import glob
import io
import os
import sys
import xml.etree.ElementTree as tree

from ovirtsdk4 import reader as reading
from ovirtsdk4 import readers, types, writer, writers, xml  # noqa: F401  readers and writers register themselves

from checks import check, equal, tell

# Links and actions are no content. `creation_status` is what the original sends with 202, though its SDK has no place for it.
NOT_CONTENT = {"actions", "link", "creation_status"}


class Watched:
    """The SDK's XML reader, telling which elements its users skip."""

    def __init__(self, data, skipped):
        self._reader = xml.XmlReader(io.BytesIO(data))
        self._skipped = skipped

    def next_element(self):
        name = self._reader.node_name()
        if name not in NOT_CONTENT:
            self._skipped.append(name)
        return self._reader.next_element()

    def __getattr__(self, name):
        return getattr(self._reader, name)


def read(data):
    """The object, the elements that were skipped, and the enum texts that are unknown."""
    skipped, unknown = [], []
    own = reading.Reader.parse_enum

    def parse_enum(enum_type, text):
        value = own(enum_type, text)
        if value is None and text:
            unknown.append(f"{enum_type.__name__} {text!r}")
        return value

    reading.Reader.parse_enum = staticmethod(parse_enum)
    try:
        source = Watched(data, skipped)
        source.forward()
        tag = source.node_name()
        method = reading.Reader._readers.get(tag)
        if method is None:
            raise AssertionError(f"the SDK has no reader for <{tag}>")
        return tag, method(source), skipped, unknown
    finally:
        reading.Reader.parse_enum = staticmethod(own)


def leaves(element, path=""):
    """Every text and id with its path; dates and numbers as the SDK would write them."""
    path = f"{path}/{element.tag}"
    if element.tag in NOT_CONTENT:
        return
    if "id" in element.attrib:
        yield f"{path}@id", element.attrib["id"]
    text = (element.text or "").strip()
    if len(element) == 0 and text:
        yield path, same(text)
    for child in element:
        yield from leaves(child, path)


def same(text):
    """One spelling for each date and number, so that only values are compared."""
    if len(text) > 18 and text[4] == "-" and text[10] == "T":
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).isoformat()
    try:
        return str(float(text))
    except ValueError:
        return text


def lost(data):
    """Sentences about what the SDK's reader and writer together do not give back."""
    tag, found, skipped, unknown = read(data)
    said = [f"<{name}> is skipped by the reader" for name in dict.fromkeys(skipped)]
    said += [f"unknown {each}" for each in dict.fromkeys(unknown)]
    written = writer.Writer.write(found, root=tag)
    before, after = list(leaves(tree.fromstring(data))), list(leaves(tree.fromstring(written)))
    for leaf in before:
        if leaf in after:
            after.remove(leaf)
        elif not any(f"/{name}" in leaf[0] for name in skipped):
            said.append(f"{leaf[0]} = {leaf[1]!r} does not come back")
    return said


def main(folder):
    files = sorted(glob.glob(os.path.join(folder, "**", "*.response.xml"), recursive=True))
    whole = 0
    for path in files:
        with open(path, "rb") as file:
            data = file.read()
        try:
            said = lost(data)
        except Exception as error:
            said = [f"{type(error).__name__}: {error}"]
        if said:
            name = os.path.relpath(path, folder).removesuffix(".response.xml")
            tell(check=f"{name} is read without loss", ok=False, why="\n".join(said[:20]))
        else:
            whole += 1
    with check(f"{whole} answers are read without loss"):
        equal(whole > 0, True, "whether there are answers to read")


if __name__ == "__main__":
    main(sys.argv[1])
