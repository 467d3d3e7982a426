"""One line that says how far a long command is: rewritten in place on a terminal, plain lines elsewhere."""

import shutil
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from envs.core.files import append_bytes


class Progress:
    """Work done, its rate and the time left, with a note such as the gap so far.

    unit: what is counted. done, share: how much of it, and of the whole, was done before. log: a file that each line
    which stays is appended to.
    """

    def __init__(self, unit: str, done: int = 0, share: float = 0.0, log: Path | None = None) -> None:
        self.unit, self.log = unit, log
        self.terminal = sys.stderr.isatty()
        self._before = self._now = (done, share)
        self._note = ""
        self._start = time.perf_counter()
        self._shown = -1e9

    def update(self, done: int, share: float, note: str | None = None) -> None:
        """Show what is done, a count and a share of the whole: every 0.2 s on a terminal, every 10 s elsewhere."""
        self._now = (done, share)
        self._note = self._note if note is None else note
        now = time.perf_counter()
        if now - self._shown >= (0.2 if self.terminal else 10):
            self._shown = now
            if self.terminal:
                sys.stderr.write("\r\033[K" + self.line()[: shutil.get_terminal_size().columns - 1])
                sys.stderr.flush()
            else:
                self.say(self.line())

    def line(self) -> str:
        """How far the work is: " 41 %  82,000 decisions  6,120/s  0:00:19 left  gap -5.3 %"."""
        spent = time.perf_counter() - self._start
        (first, share_before), (done, share) = self._before, self._now
        rate = (done - first) / spent
        left = (
            timedelta(seconds=round(spent * max(0, 1 - share) / (share - share_before)))
            if share > share_before
            else "?"
        )
        speed = f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s"
        return f"{min(share, 1):4.0%}  {done:,} {self.unit}  {speed}  {left} left  {self._note}".rstrip()

    def say(self, text: str) -> None:
        """Write a line that stays."""
        if self.terminal:
            sys.stderr.write("\r\033[K")
        print(text, file=sys.stderr, flush=True)
        if self.log is not None:
            line = f"{time.strftime('%Y-%m-%dT%H:%M:%S')}  {text}\n"
            with suppress(OSError):  # a full disk: the line stands on the terminal, and work goes on
                append_bytes(self.log, line.encode())

    def close(self) -> None:
        """Let the last state stay."""
        self.say(self.line())
