"""Zip files that a stranger has sent, checked before anything in them is unpacked."""

import zipfile

MOST_BYTES = 1 << 30
"""Of all that is in a file: far more than any network here has."""
MOST_COMPRESSED = 16 << 20
"""Of a member that is compressed, once it is unpacked; weights are stored as they are."""
ENDS = (22, 22 + 76)
"""Bytes after the directory of a zip file, as `zipfile` and as `torch.save` write it."""


def check_zip(archive: zipfile.ZipFile, size: int, may_be_compressed: tuple[str, ...] = ()) -> None:
    """Look at the directory of a zip file of so many bytes, which has to be as `zipfile` and `torch.save` write it.

    Raises:
        ValueError: something that hides its size or its content: encrypted, compressed where it should not be, there
            twice, in several places at once, on several disks, with comments, or with bytes that belong to no member.
    """
    members = sorted(archive.infolist(), key=lambda member: member.header_offset)
    end = 0
    for member in members:
        name = member.filename
        packed = member.compress_type != zipfile.ZIP_STORED
        if member.flag_bits & 0x1:
            raise ValueError(f"{name} is encrypted")
        if member.volume:
            raise ValueError(f"{name} is on another disk")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{name} is compressed in an unknown way")
        if packed and name not in may_be_compressed:
            raise ValueError(f"{name} is compressed, which weights are not")
        if packed and member.file_size > MOST_COMPRESSED:
            raise ValueError(f"{name} unpacks to {member.file_size:,} bytes, but may to {MOST_COMPRESSED:,}")
        if not packed and member.file_size != member.compress_size:
            raise ValueError(f"{name} claims {member.file_size:,} bytes, but stores {member.compress_size:,}")
        if archive.getinfo(name) is not member:
            raise ValueError(f"{name} is in it twice")
        if member.header_offset < end:
            raise ValueError(f"{name} lies over another member")
        end = member.header_offset + 30 + len(name.encode()) + member.compress_size
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise ValueError(f"it holds more than {MOST_BYTES:,} bytes")
    if archive.comment or any(member.comment for member in members):
        raise ValueError("it has a comment")
    directory = sum(46 + len(member.filename.encode()) + len(member.extra) for member in members)
    rest = size - archive.start_dir - directory
    if (members and members[0].header_offset) or rest not in ENDS:
        raise ValueError("it has bytes that belong to no member")
