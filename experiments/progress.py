"""One line that says how far a long command is: rewritten in place on a terminal, plain lines elsewhere."""

import shutil
import sys
import time
from datetime import timedelta
from pathlib import Path


class Progress:
    """Work done, its rate and the time left, with a note such as the gap so far.

    total: how much work there is, in `unit`s.
    log: a file that each plain line is appended to as well.
    """

    def __init__(self, unit: str, total: float, log: Path | None = None, done: float = 0) -> None:
        self.unit, self.total, self.log = unit, total, log
        self.terminal = sys.stderr.isatty()
        self._first = self._done = done
        self._start = time.perf_counter()
        self._shown = 0.0
        self._note = ""

    def update(self, done: float, note: str | None = None) -> None:
        """Show that `done` units of the total are done; every 0.2 s on a terminal, every 10 s elsewhere."""
        self._done = done
        self._note = self._note if note is None else note
        now = time.perf_counter()
        if now - self._shown >= (0.2 if self.terminal else 10):
            self._shown = now
            self._write(self.line())

    def line(self) -> str:
        """How far the work is: " 41 %  82,000 of 200,000 decisions  6,120/s  0:00:19 left  gap -5.3 %"."""
        spent = time.perf_counter() - self._start
        rate = (self._done - self._first) / spent if spent else 0.0
        left = timedelta(seconds=round((self.total - self._done) / rate)) if rate else "unknown time"
        share = self._done / self.total if self.total else 1.0
        speed = f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s"
        text = f"{min(share, 1):4.0%}  {self._done:,.0f} of {self.total:,.0f} {self.unit}  {speed}  {left} left"
        return f"{text}  {self._note}".rstrip()

    def say(self, text: str) -> None:
        """Write a line that stays."""
        if self.terminal:
            sys.stderr.write("\r\033[K")
        print(text, file=sys.stderr, flush=True)
        self._append(text)

    def close(self) -> None:
        """Show the last state for good."""
        self.say(self.line())

    def _write(self, text: str) -> None:
        if self.terminal:
            sys.stderr.write("\r\033[K" + text[: shutil.get_terminal_size().columns - 1])
            sys.stderr.flush()
        else:
            print(text, file=sys.stderr, flush=True)
            self._append(text)

    def _append(self, text: str) -> None:
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')}  {text}\n")
