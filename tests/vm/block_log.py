"""What a disk was told, in order, and what may be left of it when the power goes in between.

Reads the log of qemu's `blklogwrites` (the format of the kernel's dm-log-writes): writes, flushes, forced writes. Up to a
flush a disk may have kept any part of what it was told, in any order, down to the sector. Knows file systems and programs
only by their bytes.
"""

import struct

FLUSH, FORCED, DISCARD = 1, 2, 4
SECTOR = 512
PROMISE = b"PROMISE!"

MODES = ["none", "all", "subset", "torn"]


class Entry:
    __slots__ = ("flags", "at", "data")

    def __init__(self, flags, at, data):
        self.flags, self.at, self.data = flags, at, data

    def promise(self):
        """The number that this write promises, if it does."""
        return struct.unpack("<Q", self.data[8:16])[0] if self.data[:8] == PROMISE else None


def read(path):
    """The entries of a log whose writer may have been killed."""
    with open(path, "rb") as file:
        log = file.read()
    sector = struct.unpack("<I", log[24:28])[0]
    at, entries = sector, []
    while at + 32 <= len(log):
        where, count, flags, _ = struct.unpack("<QQQQ", log[at : at + 32])
        at += sector
        if flags & DISCARD:
            entries.append(Entry(flags, where * sector, bytes(count * sector)))
            continue
        data = log[at : at + count * sector]
        if len(data) < count * sector:
            break
        entries.append(Entry(flags, where * sector, data))
        at += count * sector
    return entries


class Disk:
    """A disk that takes the entries one after the other, and can lose power at any of them."""

    def __init__(self, base, entries):
        with open(base, "rb") as file:
            self.durable = bytearray(file.read())
        self.entries, self.next, self.pending, self.promised = entries, 0, [], 0

    def advance(self, point):
        """Takes everything up to and including entry `point`."""
        while self.next <= point:
            entry = self.entries[self.next]
            number = entry.promise()
            if number is not None:
                self.promised = number
            if entry.flags & FLUSH:
                for earlier in self.pending:
                    self.durable[earlier.at : earlier.at + len(earlier.data)] = earlier.data
                self.pending = []
            if entry.data and entry.flags & FORCED:
                self.durable[entry.at : entry.at + len(entry.data)] = entry.data
            elif entry.data:
                self.pending.append(entry)
            self.next += 1

    def left(self, mode, random):
        """What is on the disk after a cut here."""
        image = bytearray(self.durable)
        for entry in self.pending if mode != "none" else []:
            if mode == "subset" and random.random() < 0.5:
                continue
            for at in range(0, len(entry.data), SECTOR):
                if mode != "torn" or random.random() < 0.5:
                    image[entry.at + at : entry.at + at + SECTOR] = entry.data[at : at + SECTOR]
        return image
