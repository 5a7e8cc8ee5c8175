"""SQL text -> tokens of one engine, without comments, or `UnreadError` when two servers, or a server and we, could split the text differently.

What is refused, because it is where readings part: comments that a server executes (``/*! */``) or takes as hints (``/*+ */``), nested
comments, a lone carriage return (it ends a line for some), a backslash before a quote where settings decide whether it escapes, ``U&''``,
anything but ASCII outside of quotes and comments, and what is too long, too deep or of too many tokens to be parsed in bounded time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: Longest text that is read, in characters.
MAX_LENGTH = 64 * 1024
#: Most tokens: parsing takes some 60 microseconds for each.
MAX_TOKENS = 4096
#: Deepest nesting of brackets and CASEs.
MAX_DEPTH = 32
#: Most statements in one text.
MAX_STATEMENTS = 64

type Engine = Literal["mysql", "postgres", "redshift", "athena", "timestream", "bigquery", "spanner", "partiql"]
type Kind = Literal["word", "name", "string", "number", "mark"]


class UnreadError(Exception):
    """This text has no single certain reading; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is upper case for a word, the content for a quoted name, as written else; `start` and `end` are offsets in the whole text."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        return self.kind in ("word", "name")


@dataclass(frozen=True, slots=True)
class Source:
    """One statement: its text with comments blanked, and its tokens."""

    text: str
    tokens: tuple[Token, ...]

    @property
    def skeleton(self) -> str:
        """Words in upper case, ``'`` for a string, ``"`` for a quoted name, ``0`` for a number, marks as they are; single spaces between."""
        stand_in = {"string": "'", "name": '"', "number": "0"}
        return " ".join(stand_in.get(token.kind, token.text) for token in self.tokens)


_WORD = r"(?P<word>[A-Za-z_][A-Za-z0-9_$]*)"
_NUMBER = r"(?P<number>0[xX][0-9A-Fa-f]+(?![\w$])|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?![\w$]))"
_SPACE = r"(?P<space>[ \t\n\f\r]+)"
_BLOCK = r"(?P<block>/\*(?:[^*]|\*(?!/))*\*/)"
_MARK = r"(?P<mark>::|-(?!-)|/(?!\*)|[()\[\]{},.;:=<>!+*%|&^~?@#$])"
_DOUBLED = "'(?:[^']|'')*'"


def _lexer(*, line: str, string: str, name: str, number: str = _NUMBER) -> re.Pattern[str]:
    parts = (_SPACE, rf"(?P<line>{line})", _BLOCK, rf"(?P<string>{string})", rf"(?P<name>{name})", _WORD, number, _MARK)
    return re.compile("|".join(parts), re.DOTALL)


_DOLLAR = r"\$(?P<tag>(?:[A-Za-z_][A-Za-z0-9_]*)?)\$.*?\$(?P=tag)\$"
_GOOGLE = "|".join(
    rf"(?:[rR][bB]?|[bB][rR]?)?(?:{quote * 3}(?:[^{quote}\\]|\\.|{quote}(?!{quote * 2}))*{quote * 3}|{quote}(?:[^{quote}\\\n]|\\.)*{quote})"
    for quote in ("'", '"')
)
_POSTGRES = _lexer(line=r"--[^\n]*", string=rf"[eEbBxXnN]?{_DOUBLED}|{_DOLLAR}", name='"(?:[^"]|"")*"')
_TRINO_STRING, _TRINO_NAME = rf"[xX]?{_DOUBLED}", '"(?:[^"]|"")*"|`(?:[^`]|``)*`'
_TRINO = _lexer(line=r"--[^\n]*", string=_TRINO_STRING, name=_TRINO_NAME)
#: Timestream's durations: 15m, 30s.
_DURATION = r"(?P<duration>\d+(?:ns|us|ms|mo|[smhdwy])(?![\w$]))|"
_LEXERS: dict[str, re.Pattern[str]] = {
    "mysql": _lexer(line=r"--(?=[ \t\r\n]|$)[^\n]*|\#[^\n]*", string=rf'[bBxXnN]?{_DOUBLED}|"(?:[^"]|"")*"', name="`(?:[^`]|``)*`"),
    "postgres": _POSTGRES,
    "redshift": _POSTGRES,
    "athena": _TRINO,
    "timestream": _lexer(line=r"--[^\n]*", string=_TRINO_STRING, name=_TRINO_NAME, number=_DURATION + _NUMBER),
    "partiql": _TRINO,
    "bigquery": _lexer(line=r"--[^\n]*|\#[^\n]*", string=_GOOGLE, name="`(?:[^`\\\\\n])*`"),
    "spanner": _lexer(line=r"--[^\n]*|\#[^\n]*", string=_GOOGLE, name="`(?:[^`\\\\\n])*`"),
}
#: Engines whose strings have backslash escapes always: what ends a string is certain.
_ESCAPING = frozenset({"bigquery", "spanner"})
_ESCAPED_QUOTE = re.compile(r"(?<!\\)(?:\\\\)*\\['\"]")
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def split(text: str, engine: str) -> list[Source]:
    """The statements of `text`, at least one, as `engine` would split them at semicolons. Raises UnreadError."""
    tokens, blanked = _tokens(text, engine)
    found: list[Source] = []
    current: list[Token] = []
    depth = 0
    for token in tokens:
        if token.kind == "mark":
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
            if depth > MAX_DEPTH:
                raise UnreadError("brackets are nested too deeply")
            if depth < 0:
                raise UnreadError("a bracket closes that was not opened")
            if token.text == ";":
                if depth:
                    raise UnreadError("a statement ends inside brackets")
                _add(found, current, blanked)
                current = []
                continue
        current.append(token)
    if depth:
        raise UnreadError("a bracket is not closed")
    _add(found, current, blanked)
    if not found:
        raise UnreadError("there is no statement")
    if len(found) > MAX_STATEMENTS:
        raise UnreadError(f"there are more than {MAX_STATEMENTS} statements")
    return found


def _add(found: list[Source], tokens: list[Token], text: str) -> None:
    if tokens:
        if sum(token.kind == "word" and token.text == "CASE" for token in tokens) > MAX_DEPTH:
            raise UnreadError("there are too many CASEs")
        start = tokens[0].start
        shifted = tuple(Token(one.kind, one.text, one.start - start, one.end - start) for one in tokens)
        found.append(Source(text[start : tokens[-1].end], shifted))


def _tokens(text: str, engine: str) -> tuple[list[Token], str]:
    if len(text) > MAX_LENGTH:
        raise UnreadError(f"it is longer than {MAX_LENGTH} characters")
    if "\r" in text and re.search(r"\r(?!\n)", text):
        raise UnreadError("a lone carriage return ends a line for some servers only")
    lexer = _LEXERS[engine]
    found: list[Token] = []
    blanked: list[str] = []
    at = 0
    while at < len(text):
        matched = lexer.match(text, at)
        if matched is None:
            raise UnreadError(f"character {at} ({text[at]!a}) has no certain meaning there")
        kind, raw = matched.lastgroup or "", matched[0]
        if kind == "tag":
            kind = "string"
        start, at = at, matched.end()
        if kind in ("line", "block"):
            _comment(raw)
            blanked.append(" " * len(raw))
            continue
        if kind == "duration":
            number = raw.rstrip("nsumohdwy")
            kind, raw = "number", number + " " * (len(raw) - len(number))  # the parser knows no units
        blanked.append(raw)
        if kind == "space":
            continue
        if kind == "word" and raw in ("u", "U") and text[at : at + 2] in ("&'", '&"'):
            raise UnreadError("a string with Unicode escapes")
        if kind in ("string", "name") and engine not in _ESCAPING and not raw.startswith("$") and _ESCAPED_QUOTE.search(raw):
            raise UnreadError("whether a backslash escapes the quote behind it depends on settings")
        found.append(_token(kind, raw, start, at))
        if len(found) > MAX_TOKENS:
            raise UnreadError(f"it has more than {MAX_TOKENS} tokens")
    return found, "".join(blanked)


def _token(kind: str, raw: str, start: int, end: int) -> Token:
    if kind == "word":
        return Token("word", raw.upper(), start, end)
    if kind == "name":
        return Token("name", raw[1:-1].replace(raw[0] * 2, raw[0]), start, end)
    if kind == "string":
        return Token("string", raw, start, end)
    return Token("number" if kind == "number" else "mark", raw, start, end)


def _comment(raw: str) -> None:
    """Raises UnreadError for a comment that is more than one somewhere."""
    if raw.startswith("/*"):
        if "/*" in raw[2:-1]:
            raise UnreadError("comments within comments end at different places")
        if raw.startswith(("/*!", "/*M!", "/*+")):
            raise UnreadError("a comment that the server executes or takes as a hint")
    if not raw.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
        raise UnreadError("a comment holds characters that are not printable")
