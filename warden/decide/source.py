"""Cedar text, cut into policies, with the place of every mistake.

cedarpy reports a syntax error without its place, and ends the process (a stack overflow in Rust) on text nested a thousand levels deep. So the
text is first read into tokens here: strings, comments and brackets are followed, each policy ends at its ``;``, and nesting is bounded.
What a policy means is Cedar's alone: each piece is parsed by Cedar, and a piece that it refuses is searched for the first token
that no valid policy could have at that place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import cedarpy

from warden.errors import PolicyError

#: Most brackets open at once, most ``if``s, and most operators in one policy. Cedar's parser was seen to overflow at 1,000 and 5,000.
MAX_NESTING = 64
MAX_IFS = 64
MAX_OPERATORS = 1000
#: Most tokens in one policy: a list of 5,000 names fits.
MAX_TOKENS = 20_000

# https://docs.cedarpolicy.com/policies/syntax-grammar.html: strings with backslash escapes, comments from // to the end of the line.
_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n\r]*)|(?P<string>"(?:[^"\\]|\\.)*")|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>[0-9]+)"""
    r"""|(?P<mark>::|==|!=|<=|>=|&&|\|\||[@,;(){}\[\]:.<>+\-*/%!?=|&])""",
    re.DOTALL,
)
_OPERATORS = frozenset({"||", "&&", "+", "-", "*", ".", "!", "has", "like", "in", "is"})
_QUOTED = re.compile(r"`([^`]+)`|'([^']+)'|: ([^\s:]+)$")


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as written; `start` and `end` are offsets into the file."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One policy's tokens in its file. `text` is the policy without what stands before and after it."""

    file: str
    whole: str
    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        return self.whole[self.tokens[0].start : self.tokens[-1].end]

    @property
    def line(self) -> int:
        return position(self.whole, self.tokens[0].start)[0]

    def find(self, message: str) -> Token:
        """The token that Cedar's `message` speaks of: the first name it quotes that stands in this policy, else the start."""
        for match in _QUOTED.finditer(message):
            quoted = next(group for group in match.groups() if group)
            name = quoted.rpartition("::")[2].strip('"@')
            for token in self.tokens:
                if token.text in (quoted, name, f'"{name}"'):
                    return token
        return next((token for token in self.tokens if token.text in ("when", "unless")), self.tokens[0])

    def error(self, message: str, at: Token | None = None, advice: str = "", rule: str = "") -> PolicyError:
        """A PolicyError at token `at`, or at the start of the policy; `rule` is the policy's id where it is known."""
        return located(self.file, self.whole, (at or self.tokens[0]).start, f'rule "{rule}": {message}' if rule else message, advice)


def position(whole: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    return whole.count("\n", 0, offset) + 1, offset - (whole.rfind("\n", 0, offset) + 1) + 1


def located(file: str, whole: str, offset: int, message: str, advice: str = "") -> PolicyError:
    """The one form of an error in a policy file: ``file:line:column: message``."""
    line, column = position(whole, offset)
    return PolicyError(f"{file}:{line}:{column}: {message}", advice)


def _tokens(file: str, whole: str) -> Iterator[Token]:
    offset = 0
    while offset < len(whole):
        match = _TOKEN.match(whole, offset)
        if match is None:
            if whole[offset] == '"':
                raise located(file, whole, offset, "this string is never closed.")
            raise located(file, whole, offset, f"{whole[offset]!r} is not a character of Cedar.", "Strings stand in double quotes.")
        if match.lastgroup != "blank":
            yield Token(match[0], match.start(), match.end())
        offset = match.end()


def split(file: str, whole: str) -> list[Piece]:
    """Cuts a file into its policies. Raises PolicyError for text that is no sequence of tokens, or is nested too deeply to parse."""
    pieces: list[Piece] = []
    tokens: list[Token] = []
    depth = ifs = operators = 0
    for token in _tokens(file, whole):
        tokens.append(token)
        depth += (token.text in "([{") - (token.text in ")]}")
        ifs += token.text == "if"
        operators += token.text in _OPERATORS
        if depth > MAX_NESTING or ifs > MAX_IFS or operators > MAX_OPERATORS or len(tokens) > MAX_TOKENS:
            advice = 'Split it, or compare with a set: ["a", "b"].contains(resource.name).'
            raise located(file, whole, token.start, "this policy is nested too deeply or is too long.", advice)
        if token.text == ";":
            pieces.append(Piece(file, whole, tuple(tokens)))
            tokens, depth, ifs, operators = [], 0, 0, 0
    if tokens:
        pieces.append(Piece(file, whole, tuple(tokens)))
    return pieces


def parse(piece: Piece) -> str:
    """Cedar's JSON form of one policy. Raises PolicyError with the place of a syntax error."""
    try:
        return cedarpy.policies_to_json_str(piece.text)
    except ValueError as error:
        message = str(error)
    raise piece.error(f"{message}.", _culprit(piece) or piece.find(message))


def _culprit(piece: Piece) -> Token | None:
    """The first token that no policy can have after those before it, or None when the grammar is kept and the meaning is not.

    Cedar parses from the left: a prefix that could still become a policy fails with "unexpected end of input", any other differently.
    """
    start = piece.tokens[0].start
    low, high = 1, len(piece.tokens)
    if _viable(piece.whole[start : piece.tokens[-1].end]):
        return piece.tokens[-1]  # it ends too early
    while low < high:
        middle = (low + high) // 2
        if _viable(piece.whole[start : piece.tokens[middle - 1].end]):
            low = middle + 1
        else:
            high = middle
    return piece.tokens[low - 1] if low < len(piece.tokens) or piece.tokens[-1].text != ";" else None


def _viable(prefix: str) -> bool:
    try:
        cedarpy.policies_to_json_str(prefix)
    except ValueError as error:
        return "unexpected end of input" in str(error)
    return True
