"""One writer for each file and each run directory: a lock that dies with its process."""

import errno
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

ANOTHER = "wait until it ends, or name another file"
"""What to do where another process writes a file of results."""

ANOTHER_FOLDER = "wait until it ends, or name another folder"
"""The same where it writes into a folder."""

LOCK = ".lock"
"""The lock file of a run directory; that of a file is called .NAME.lock and stands beside it."""

UNKNOWN = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What `flock` says on a file system that has no locks."""

_held: dict[Path, int] = {}
"""Lock files of this process and their descriptors."""


def _forget() -> None:
    """A forked child shares the open file, and with it the lock, which must not outlive its parent."""
    for descriptor in _held.values():
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def one_writer(target: Path | None, remedy: str, folder: bool = False) -> Iterator[None]:
    """Be the only process that writes the file, or in the `folder`, while inside; readers are not asked.

    The lock is `flock`'s, on a file of its own, since the target is renamed over: it ends with this process, however
    that ends, and holds over NFS. Inside, this process may ask again. Folders that are made for the lock and are still
    empty at the end are removed. None is no file.

    Raises:
        ValueError: another process has it; the sentence names that process and the `remedy`.
        OSError: no lock file can be made there.
    """
    if target is None or fcntl is None:
        yield
        return
    place = Path(os.path.realpath(target))
    file = place / LOCK if folder else place.with_name(f".{place.name}{LOCK}")
    if file in _held:
        yield
        return
    made = [parent for parent in file.parents if not parent.exists()]
    file.parent.mkdir(parents=True, exist_ok=True)
    _held[file] = _locked(file, target, remedy)
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink()
        os.close(_held.pop(file))
        with suppress(OSError):  # not empty
            for parent in made:
                parent.rmdir()


def _locked(file: Path, target: Path, remedy: str) -> int:
    """The descriptor of the lock file, once it is locked."""
    assert fcntl is not None
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in UNKNOWN:
                holder = os.read(descriptor, 200).decode(errors="replace") or "another process"
                os.close(descriptor)
                raise ValueError(f"{target} is being written by {holder}: {remedy}.") from error
            print(f"{target} cannot be locked on this file system: let no other command write it.", file=sys.stderr)
        if _is(descriptor, file):
            with suppress(OSError):  # a full disk: the lock holds without saying whose it is
                os.truncate(descriptor, 0)
                os.write(descriptor, f"process {os.getpid()} on {platform.node()}".encode())
            return descriptor
        os.close(descriptor)  # its last holder has just removed it: make another


def _is(descriptor: int, file: Path) -> bool:
    """Whether the file of that name is still the one that was opened."""
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
