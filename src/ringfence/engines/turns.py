"""Whose turn it is: of several files the one that lags behind in event time."""

from __future__ import annotations

from heapq import heappop, heappush

from ringfence.engines.files import File


class Turns:
    """Gives files in the order of their watermarks, those of the same in the order in which they were opened.

    A file that had nothing new waits until it is woken. Whoever took a file adds it again, lets it wait, or has done
    with it.
    """

    def __init__(self) -> None:
        self._coming: list[tuple[int, int, File]] = []
        self._waiting: list[File] = []

    def __len__(self) -> int:
        return len(self._coming) + len(self._waiting)

    def add(self, file: File) -> None:
        """Give the file its turn when no other lags behind it."""
        heappush(self._coming, (file.watermark, file.number, file))

    def take(self) -> File | None:
        """Return the file that lags behind; None when all wait."""
        return heappop(self._coming)[2] if self._coming else None

    def wait(self, file: File) -> None:
        """Pass the file over until `wake`."""
        self._waiting.append(file)

    def wake(self) -> None:
        """Ask those again that had nothing new."""
        waiting, self._waiting = self._waiting, []
        for file in waiting:
            self.add(file)
