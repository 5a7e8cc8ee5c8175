"""Secrets by the words around them, where neither a name with a sign nor the value's look tells: directives, command lines, sentences of logs.

One line each: a literal that is looked for first, and the expression whose first group is the secret, tried from the start of the literal's line.
"""

from __future__ import annotations

import re

from ahocorasick_rs import BytesAhoCorasick

from warden.redact.hit import Hit
from warden.redact.plausible import stands_for

#: Bytes around a literal that are looked at.
_BEFORE, _AFTER = 200, 2048

_RULES: tuple[tuple[str, bytes, bytes], ...] = (
    ("haproxy-stats", b"stats auth", rb"stats auth\s+[^\s:]+:(\S+)"),
    ("haproxy-user", b"insecure-password", rb"insecure-password\s+(\S+)"),
    ("redis-cli", b"redis-cli", rb"redis-cli\b[^\n|;]{0,200}?\s(?:-a|--pass)[ =]([^\s'\"]+)"),
    ("mongo-shell", b"mongo", rb"mongo(?:sh|dump|restore|export|import)?\b[^\n|;]{0,200}?\s-p[ =]?([^\s'\"-][^\s'\"]*)"),
    ("ldap-bind", b"ldap", rb"ldap(?:search|modify|add|delete|whoami)\b[^\n|;]{0,200}?\s-w[ =]?([^\s'\"-][^\s'\"]*)"),
    ("smb-user", b"smbclient", rb"smbclient\b[^\n|;]{0,200}?\s-U[ =]?[^\s%]+%(\S+)"),
    ("windows-pass", b"/pass:", rb"/pass:(\"?)([^\s\"]+)"),
    ("net-user", b"net user", rb"(?i)net user\s+\S+\s+([^\s/]{6,})"),
    ("powershell-secure-string", b"ConvertTo-SecureString", rb"ConvertTo-SecureString\s+(?:-String\s+)?[\"']([^\"'\n]{4,512})[\"']"),
    ("powershell-credential", b"PSCredential", rb"PSCredential\s*\(?\s*[\"'][^\"'\n]+[\"']\s*,\s*[\"']([^\"'\n]{4,512})[\"']"),
    ("github-mask", b"::add-mask::", rb"::add-mask::([^\s]{4,512})"),
    ("azure-mask", b"issecret=true", rb"issecret=true\](\S{4,512})"),
    ("oauth-code", b"code=", rb"[?&]code=([A-Za-z0-9/_.~%-]{20,512})"),
    ("signed-url", b"Signature=", rb"[?&;](?:Signature|X-Goog-Signature|x-oss-signature|X-Cos-Signature)=([A-Za-z0-9%/+_~=-]{40,1024})"),
    ("jwt-signing-key", b"Jwt", rb"\"Jwt[A-Za-z]*\"\s*:\s*\{[^{}]{0,400}?\"Key\"\s*:\s*\"([^\"\\]{16,512})\""),
    ("chpasswd", b"chpasswd", rb"echo\s+[\"']?[^\s:\"']+:([^\s\"'|]{4,256})[\"']?\s*\|\s*(?:sudo\s+)?chpasswd"),
    ("docker-login", b"docker login", rb"docker login\b[^\n|;]{0,200}?\s-p[ =]?([^\s'\"-][^\s'\"]*)"),
    ("password-stdin", b"-stdin", rb"(?:echo|printf)\s+(?:-n\s+)?[\"']?([^\s\"'$|]{6,512})[\"']?\s*\|[^\n|]{0,200}--password-stdin"),
    ("ppp-secret", b"chap", rb"\n[\w.@*\"-]+\s+[\w.*\"-]+\s+\"?([^\s\"#]{6,128})\"?\s+\*"),
    ("identified-by", b"identified", rb"(?i)identified (?:with \w+ )?by\s+(?:password\s+)?['\"]([^'\"\n]{4,256})['\"]"),
    ("with-password", b"password '", rb"(?i)password '([^'\n]{4,256})'"),
    ("cookie-sid", b"connect.sid=", rb"connect\.sid=([A-Za-z0-9%:._+/-]{16,512})"),
    ("session-cookie", b"SESSID", rb"(?:J|PHP|ASP\.NET_)SESSI(?:ON)?ID=([A-Za-z0-9.!_-]{16,512})"),
    ("git-extraheader", b"extraheader", rb"(?i)extraheader\s*=\s*[\"']?authorization:\s*(?:basic|bearer|token)\s+([A-Za-z0-9+/=._-]{8,1024})"),
    ("cloud-init-password", b"chpasswd:", rb"chpasswd:[^\n]*\n(?:[ \t]+[^\n]*\n){0,4}?[ \t]+[^\s:]+:([^\s]{4,256})"),
)  # fmt: skip

_LITERALS: dict[bytes, list[tuple[str, re.Pattern[bytes]]]] = {}
for _name, _literal, _expression in _RULES:
    _LITERALS.setdefault(_literal.lower(), []).append((_name, re.compile(_expression)))
_KEYS = list(_LITERALS)
_AUTOMATON = BytesAhoCorasick(_KEYS)


def find(text: bytes) -> list[Hit]:
    """What the phrases say is secret."""
    hits: list[Hit] = []
    done: dict[int, int] = {}
    for index, start, end in _AUTOMATON.find_matches_as_indexes(text.lower()):
        if start < done.get(index, 0):
            continue
        line = text.rfind(b"\n", max(0, start - _BEFORE), start) + 1
        low = line if line else max(0, start - _BEFORE)
        stop = min(len(text), end + _AFTER)
        done[index] = end
        for name, expression in _LITERALS[_KEYS[index]]:
            if (match := expression.search(text, low, stop)) is not None:
                group = match.lastindex or 1
                if not stands_for(match[group]):
                    hits.append(Hit(*match.span(group), f"phrase:{name}", "names"))
                done[index] = max(done[index], match.end())
    return hits
