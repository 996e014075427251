"""A zip archive with a password, as `zip --encrypt` writes it; Python's zipfile only reads such."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

ENCRYPTED = 1  # the flag of a member
DEFLATED = 8


def write_sealed_zip(
    path: Path, members: Mapping[str, bytes], password: str, *, method: int = DEFLATED
) -> None:
    """Write the members, each deflated and encrypted; `method` may say that it is something else."""
    body, directory = b"", b""
    for name, content in members.items():
        crc = zlib.crc32(content)
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = encrypted(deflate.compress(content) + deflate.flush(), password, crc)
        fields = struct.pack(
            "<HHHHHIIIHH", 20, ENCRYPTED, method, 0, 33, crc, len(packed), len(content), len(name), 0
        )
        directory += (
            b"PK\x01\x02\x14\x00" + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        )
        body += b"PK\x03\x04" + fields + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\x05\x06" + end)


def encrypted(data: bytes, password: str, crc: int) -> bytes:
    """The zip format's own cipher (APPNOTE 6.1): twelve bytes, the last to check the password, then data."""
    keys = (0x12345678, 0x23456789, 0x34567890)
    for byte in password.encode():
        keys = _turned(keys, byte)
    out = bytearray()
    for byte in b"twelve bytes"[:11] + bytes([crc >> 24]) + data:
        low = keys[2] & 0xFFFF | 2
        out.append(byte ^ (low * (low ^ 1) >> 8) & 0xFF)
        keys = _turned(keys, byte)
    return bytes(out)


def _turned(keys: tuple[int, int, int], byte: int) -> tuple[int, int, int]:
    first = _crc(keys[0], byte)
    second = ((keys[1] + (first & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    return first, second, _crc(keys[2], second >> 24)


def _crc(value: int, byte: int) -> int:
    """One step of CRC-32 without the inversions that zlib's has at both ends."""
    return zlib.crc32(bytes([byte]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
