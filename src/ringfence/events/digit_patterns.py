r"""How many leading digits a numbering-plan pattern looks at.

`phonenumbers` describes each country's plan by regular expressions over digits, such as
`(?:1(?:0\d|1[3-8])|7\d\d)\d{6}`. Behind some prefix all that is left is `\d`: from there on only the
length of the number matters, so one look-up of (prefix, length) holds for every number that shares them.
`DigitPatterns` finds that prefix's length exactly, by walking the patterns as a non-deterministic
automaton.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

ANY_DIGIT: Final = (1 << 10) - 1  # bit d is set when the atom takes the digit d
MAX_DIGITS: Final = 17  # E.164 numbers have at most 15; the longest national pattern of the plans has 17


@dataclass(frozen=True, slots=True)
class Atom:
    """One digit: the set of digits that it takes, as bits."""

    digits: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences."""

    branches: tuple[tuple[Node, ...], ...]


Node = Atom | Choice
EMPTY: Final[tuple[Node, ...]] = ()


@dataclass(slots=True)
class _Reader:
    """Reads one pattern; raises `ValueError` at anything that numbering plans do not use."""

    text: str
    at: int = 0

    def choice(self) -> tuple[Node, ...]:
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else (Choice(tuple(branches)),)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def sequence(self) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            one = self.one()
            least, most = self.repeats()
            nodes.extend(one * least)
            rest: tuple[Node, ...] = EMPTY
            for _ in range(most - least):
                rest = (Choice((EMPTY, one + rest)),)
            nodes.extend(rest)
        return tuple(nodes)

    def one(self) -> tuple[Node, ...]:
        if self.text.startswith("\\d", self.at):
            self.at += 2
            return (Atom(ANY_DIGIT),)
        char = self.peek()
        self.at += 1
        if char.isdecimal():
            return (Atom(1 << int(char)),)
        if char == "[":
            return (self.digit_set(),)
        if char == "(":
            return self.group()
        raise ValueError(f"{self.text!r}: {char!r} at {self.at - 1} is no part of a numbering plan")

    def group(self) -> tuple[Node, ...]:
        if self.text.startswith("?:", self.at):
            self.at += 2
        inside = self.choice()
        if self.peek() != ")":
            raise ValueError(f"{self.text!r}: a group is not closed")
        self.at += 1
        return inside

    def digit_set(self) -> Atom:
        end = self.text.index("]", self.at)
        inside, self.at = self.text[self.at : end].replace("\\d", "0-9"), end + 1
        digits, i = 0, 0
        while i < len(inside):
            low = high = int(inside[i])
            if inside[i + 1 : i + 2] == "-":
                high, i = int(inside[i + 2]), i + 2
            digits |= sum(1 << d for d in range(low, high + 1))
            i += 1
        return Atom(digits)

    def repeats(self) -> tuple[int, int]:
        if self.peek() == "?":
            self.at += 1
            return 0, 1
        if self.peek() != "{":
            return 1, 1
        end = self.text.index("}", self.at)
        least, _, most = self.text[self.at + 1 : end].partition(",")
        self.at = end + 1
        return int(least), int(most or least)


@dataclass(slots=True)
class DigitPatterns:
    """The patterns of one calling code, as one automaton.

    A pattern that cannot be read makes all digits count.
    """

    atoms: list[int] = field(default_factory=list)  # the digits that a state takes
    after: list[tuple[int, ...]] = field(default_factory=list)  # the states that may follow it
    first: tuple[int, ...] = ()
    opaque: bool = False

    @classmethod
    def of(cls, patterns: Iterable[str]) -> DigitPatterns:
        """Read the patterns of national numbers."""
        automaton = cls()
        starts: list[int] = []
        for text in sorted(set(patterns)):
            reader = _Reader(text)
            try:
                nodes = reader.choice()
                automaton.opaque |= reader.at != len(text)
            except (ValueError, IndexError):
                automaton.opaque = True
                continue
            starts += automaton._add(nodes, ())
        automaton.first = tuple(dict.fromkeys(starts))
        return automaton

    def _add(self, nodes: tuple[Node, ...], then: tuple[int, ...]) -> tuple[int, ...]:
        """Add a sequence that is followed by the states `then`; return the states that it may begin with."""
        for node in reversed(nodes):
            if isinstance(node, Atom):
                self.atoms.append(node.digits)
                self.after.append(then)
                then = (len(self.atoms) - 1,)
            else:
                then = tuple(dict.fromkeys(s for branch in node.branches for s in self._add(branch, then)))
        return then

    def digits_that_matter(self, prefix: str) -> int:
        """Return how many leading digits, given that they start with `prefix`, decide which patterns match.

        Two national numbers of equal length that start with `prefix` and agree in that many digits match
        exactly the same patterns. At least the length of the prefix; `MAX_DIGITS` when a pattern could not
        be read.
        """
        if self.opaque:
            return MAX_DIGITS
        states = set(self.first)
        for digit in prefix:
            states = {t for s in states if self.atoms[s] >> int(digit) & 1 for t in self.after[s]}
        needed = position = len(prefix)
        while states and position < MAX_DIGITS:
            position += 1
            if any(self.atoms[s] != ANY_DIGIT for s in states):
                needed = position
            states = {t for s in states for t in self.after[s]}
        return needed
