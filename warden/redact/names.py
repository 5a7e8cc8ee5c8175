"""Secrets by the name that they are given: keys, environment pairs, flags, XML elements, columns of tables.

One pass of an automaton finds the stems that credential names are made of; only there is anything looked at. A name counts when its last words are a
credential's (``dbPassword``, ``API_TOKEN_2``) and not something about one (``tokenType``, ``nextToken``, ``password_policy``); its value counts when
it could be one: no reference, template, mask, date or word of a schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ahocorasick_rs import BytesAhoCorasick

from warden.redact.hit import Hit
from warden.redact.naming import KEY_OF, Kind, kind_of
from warden.redact.plausible import UUID, plausible

LAYER = "names"

_STEMS = (
    b"pass", b"pwd", b"secret", b"token", b"apikey", b"api_key", b"api-key", b"accesskey", b"access_key", b"access-key", b"privatekey",
    b"private_key", b"private-key", b"accountkey", b"account_key", b"account-key", b"sharedkey", b"shared_key", b"shared_access", b"sharedaccess",
    b"signingkey", b"signing_key", b"signing-key", b"encryptionkey", b"encryption_key", b"encryption-key", b"masterkey", b"master_key",
    b"authkey", b"auth_key", b"auth-key", b"appkey", b"app_key", b"app-key", b"application_key", b"licensekey", b"license_key", b"hmackey",
    b"hmac_key", b"keymaterial", b"key_material", b"plaintextkey", b"credential", b"connectionstring", b"connection_string", b"connection-string",
    b"dsn", b"authorization", b"\"auth\"", b"_auth", b"bearer", b"cookie", b"sessionid", b"session_id", b"sessionkey", b"session_key", b"cvv",
    b"seed", b"otp", b"webhook", b"sensitive", b"requirepass", b"masterauth", b"identity_key", b"storage_key", b"storagekey", b"primarykey",
    b"secondarykey", b"primary_key", b"secondary_key", b"kubeconfig", b"unlock", b"unseal", b"recovery", b"pin_code", b"pincode",
    b"encrypt_key", b"encryptkey", b"access code", b"access_code", b"jwt", b"psk", b"presharedkey", b"passcode", b"api key", b"access key",
    b"rootpw", b"_pw", b"backup_code", b"backupcode", b"scratch_code", b"device_code", b"kennwort", b"authinfo", b"bindpw", b"psksecret", b"salt", b"pepper", b"community", b"samlresponse",
)  # fmt: skip
_KEYS = tuple(f"{of}{joint}key".encode() for of in sorted(KEY_OF) for joint in ("", "_", "-", ".", " "))
_AUTOMATON = BytesAhoCorasick(list(dict.fromkeys((*_STEMS, *_KEYS))))

#: Bytes of names as ``a``, all others as a space.
_CLASSES = bytes(0x61 if chr(byte) in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-." else 0x20 for byte in range(256))
#: What may come behind a name whose value follows.
_FOLLOWS = frozenset(bytes([byte]) for byte in b"\"'`\\])>=:| \t\r\n,<%")
#: Bytes of a name that are looked at around a stem.
_NAME = 64

#: What may stand between a name and its value. A quote after the name, brackets of an index, then the separator.
_SEPARATOR = re.compile(rb"""\\?["'`]?[\])]?[ \t]*(?::=|=>|=3A(?=[ \t])|=|::(?=[ \t])|:|\||,(?=[ \t]*["']))[ \t]*""")
_SEPARATOR_JSON = re.compile(rb"""["'][ \t\r\n]*:[ \t\r\n]*""")
_COLON = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*")
_ELEMENT = re.compile(
    rb"(?:[ \t\r\n][^<>]{0,512})?>(?:[ \t\r\n]*(?:<\w{1,32}>[^<]{0,64}</\w{1,32}>[ \t\r\n]*){0,2}<(?:[Vv]alue|[Kk]ey|[Ss]tring|[Ss]ecret)>)?([^<]{1,65536})</"
)
_CDATA = re.compile(rb"(?:[ \t\r\n][^<>]{0,512})?>[ \t\r\n]*<!\[CDATA\[(.{1,4096}?)\]\]>", re.DOTALL)
_QUOTED = {
    ord('"'): re.compile(rb'"((?:[^"\\\n]|\\.){0,65536})"'),
    ord("'"): re.compile(rb"'((?:[^'\\\n]|\\.|''){0,65536})'"),
    ord("`"): re.compile(rb"`([^`\n]{0,65536})`"),
}
_BARE = re.compile(rb"[^\s,;\"'`<>&|(){}\[\]]{1,2048}")
_BETWEEN = re.compile(rb"""[ \t\r\n,]*(?=["'])""")
_IS_KEY = re.compile(rb"""["'][ \t\r\n]*:""")
_LINE = re.compile(rb"[^\n]{1,4096}")
_ANCHOR = re.compile(rb"[&!][\w!-]{1,40} +")
_BLOCK = re.compile(
    rb"[|>][+-]?[0-9]?[ \t]{0,8}\r?\n((?:(?P<indent>[ \t]{1,64})[^\n]{0,1024}(?:\n|$))(?:(?P=indent)[^\n]{0,1024}(?:\n|$)|[ \t]{0,64}\n){0,64})"
)
_VALUE_MEMBER = re.compile(
    rb"""\[?\{[^{}\[\]]{0,400}?["']?(?:(?:string)?[vV]alue|(?<![A-Za-z_])(?:[kK]ey|[SB]|plaintext))["']?[ \t\r\n]*[:=][ \t\r\n]*(?=["'])"""
)
_LISTED = re.compile(rb"""\[[ \t]{0,4}([^\s\[\],"'{}]{1,2048})[ \t]{0,4}\]""")
#: A call, or a member of something, as source code has: no value.
_CODE = re.compile(
    rb"""[A-Za-z_.]{2,128}\((?:["'][^"'\n]{0,128}["']|[\w., ]{0,128})\)|(?:[A-Za-z_]{1,64}\.){1,8}[A-Za-z_]{1,64}[ \t]{0,4}(?:;|\?\?|\|\||&&|[+,)!])"""
)
#: Keys that are named by a UUID where they are kept.
_REFERRED = (b"signing_key", b"encryption_key", b"signingkey", b"encryptionkey", b"private_key")
#: YAML's tags for what is elsewhere, as CloudFormation and Home Assistant have them.
_REFERENCE_TAGS = (
    b"!Ref ",
    b"!Sub ",
    b"!GetAtt ",
    b"!ImportValue ",
    b"!FindInMap ",
    b"!secret ",
    b"!env_var ",
    b"!vault ",
    b"!reference ",
    b"!Join ",
)
_DIGIT = re.compile(rb"[0-9]")
_COOKIES = re.compile(rb"[^\r\n\"']{1,8192}")
_FLAG = re.compile(rb"[ \t]+")
_COOKIE = re.compile(rb"(?:^|[; ])(?!_g[ac]|_fb|_hj|lang|theme)[^=;\s]{1,64}=([^;\s\"']{12,4096})")
_USERINFO = re.compile(rb"[A-Za-z][\w+.-]*://(?:[^:@/\s]*:)?([^@/\s:]{6,})@")
#: Browsers are given it: https://docs.sentry.io/concepts/key-terms/dsn-explainer/
_PUBLIC_DSN = re.compile(rb"https://[0-9a-f]{32}@[\w.-]{1,128}/\d+")
_SCHEME = re.compile(rb"(?:Bearer|Basic|Token|token|bearer|basic)[ ]+(?=[^ ])")
_CONFIGURED = re.compile(rb"""[ \t]+(?=["'])""")
#: Directives with a space before the value: requirepass x, ENV NAME x, insecure-password x. The value is the last word of its line.
_DIRECTIVE = re.compile(rb"[ \t]+(?![=:>|-])([^\s\"'`<>|&;]{4,512})[ \t]*(?:\r?\n|$)")
#: multipart/form-data (RFC 7578): the part's name, its other fields, a blank line, the value.
_PART = re.compile(rb"\"[^\r\n]{0,200}\r?\n(?:[A-Za-z-]{1,40}:[^\r\n]{0,200}\r?\n){0,4}\r?\n([^\r\n]{1,4096})\r?\n--")
_IN_PART = re.compile(rb"form-data;[ \t]{0,4}name=\"$", re.IGNORECASE)
_WORDED = re.compile(rb"(?:(?:^|\n)[ \t]*(?:ENV|ARG|SetEnv|setenv|set|env\[?|SET|setx|export)|\bconfig(?:ure)? set)[ \t]+$")
_PROSE = re.compile(rb"[ \t]+(?:is|was|ist|lautet|est|es)[ \t]?(?:=3A|[:=])?[ \t]+[\"'`]?([^\s\"'`,]{6,128})")
#: The other half of a pair: the name is the value of one member, and the value is the member beside it.
_PAIR_VALUE = re.compile(
    rb"""["']?[ \t\r\n]*,?[ \t\r\n]*(?:["'][A-Za-z_]{2,20}["'][ \t]*:[ \t]*(?:["'][\w./-]{0,40}["']|-?\d{1,16}|true|false|null)[ \t\r\n]*,[ \t\r\n]*){0,4}"""
    rb"""["']?[A-Za-z]{0,16}[vV](?:alue|alues|ALUE)["']?[ \t\r\n]*[:=][ \t]*(?=["'])"""
)
_PAIR_LINE = re.compile(rb"""["']?[ \t]*\r?\n[ \t]*[A-Za-z]{0,16}[vV]alue:[ \t]*(?=[^\s])""")
_PAIR_XML = re.compile(
    rb"""</[A-Za-z]{0,16}[kKnN](?:ey|ame|AME)>[ \t\r\n]*(?:<(?P<tag>[A-Za-z]{2,16})>[A-Za-z_]{0,20}</(?P=tag)>[ \t\r\n]*)?<[A-Za-z]{0,16}[vV]alue>([^<]{1,65536})</"""
)
#: What is before a name that is a value, read backwards: an expression that ends somewhere is matched at once, and one that begins somewhere is
#: looked for at every byte.
_NAMED = re.compile(
    rb"""[\w./:-]{0,64}(?:["']?[ \t]*[:=][ \t\r\n]*["']?(?:ema[nN]|EMAN|ye[kK]|di|elbairav|htap)|>(?:ema[nN]|ye[kK])[A-Za-z]{0,16}<)"""
)
_BEHIND_VALUE = re.compile(
    rb"""[\w./:-]{0,64}["'][ \t\r\n]*:[ \t\r\n]*["']?(?:ema[nN]|ye[kK])[A-Za-z]{0,16}["']?[ \t\r\n]*,[ \t\r\n]*["']"""
)
_PAIR_BEFORE_VALUE = re.compile(rb"""[vV]alue["']?[ \t\r\n]*:[ \t\r\n]*$""")
_ATTRIBUTE_VALUE = re.compile(
    rb"""["'][ \t\r\n]+(?:[a-z:]{1,16}=["'][^"'<>]{0,64}["'][ \t\r\n]+)?(?:value|content)[ \t]*=[ \t]*(?=["'])""", re.IGNORECASE
)
_ATTRIBUTE_TEXT = re.compile(rb"""["'][^<>]{0,128}>([^<]{1,65536})</""")
_ENTRY_NAME = re.compile(rb"""(?:key|name|id)=["']$""", re.IGNORECASE)


def find(text: bytes) -> list[Hit]:
    """The values of credential names in `text`, left to right; may overlap where two readings hold."""
    found = _AUTOMATON.find_matches_as_indexes(text.lower())
    if not found:
        return []
    classes = text.translate(_CLASSES)
    hits: list[Hit] = []
    done = -1
    for _, start, end in found:
        if start < done:
            continue
        first = classes.rfind(b" ", max(0, start - _NAME), start) + 1 or max(0, start - _NAME)
        last = classes.find(b" ", end, end + _NAME)
        if last < 0:
            last = min(len(text), end + _NAME)
        if text[start] == 0x22:  # the stem that has its own quotes
            first, last = start + 1, end - 1
        done = last
        if text[last : last + 1] not in _FOLLOWS:
            continue
        while first < start and text[first] in b"-.":
            first += 1
        while last > end and text[last - 1] in b".-":
            last -= 1
        name = text[first:last]
        kind = kind_of(name.decode("ascii", "replace"))
        if kind is Kind.NONE:
            continue
        rule = "name:" + kind.value
        for low, high, quoted in _values(text, first, last):
            if name.lower() in (b"cookie", b"set-cookie"):
                if not quoted and (whole := _COOKIES.match(text, low)) is not None:
                    high = whole.end()
                cookies = [one for one in _COOKIE.finditer(text[low:high]) if plausible(one[1], Kind.TOKEN, quoted=True)]
                hits += [Hit(low + one.start(1), low + one.end(1), rule, LAYER) for one in cookies]
                continue
            if kind is Kind.URL:
                if (location := _USERINFO.match(text, low, high)) and not _PUBLIC_DSN.match(text, low, high):
                    hits.append(Hit(location.start(1), location.end(1), rule, LAYER))
                continue
            if scheme := _SCHEME.match(text, low, high):
                low = scheme.end()
            if plausible(text[low:high], kind, quoted=quoted) and not (
                name.lower().endswith(_REFERRED) and UUID.fullmatch(text, low, high)
            ):
                hits.append(Hit(low, high, rule, LAYER))
                done = max(done, high)
    return hits


def is_key(text: bytes, end: int) -> bool:
    """Whether a colon follows, so that what ends at `end` is a key."""
    return _COLON.match(text, end) is not None


def behind(text: bytes, end: int, name: bytes) -> list[Hit]:
    """The value of a key that is written with escapes, and says `name`; `end` is where its closing quote ended. Nothing where it is no key."""
    match = _COLON.match(text, end)
    kind = kind_of(name.decode("utf-8", "replace")) if match is not None and len(name) <= 2 * _NAME else Kind.NONE
    if match is None or kind is Kind.NONE:
        return []
    found = [(low, high) for low, high, quoted in _value(text, match.end(), line=False) if plausible(text[low:high], kind, quoted=quoted)]
    return [Hit(low, high, "name:" + kind.value, LAYER) for low, high in found]


def _values(text: bytes, first: int, last: int) -> Iterator[tuple[int, int, bool]]:
    """Where the value of the name at ``[first:last]`` is: start, end, and whether it was in quotes."""
    if text.endswith((b"checksum/", b"--- "), 0, first):
        return  # a test's outcome, or the digest of the object of that name, as charts write it into annotations
    if match := _SEPARATOR_JSON.match(text, last):  # a key, as nearly all are
        yield from _value(text, match.end(), line=_begins_line(text, first))
        return
    before = text[max(0, first - 80) : first]
    following = text[last : last + 1]
    backwards = before[::-1]
    if is_value := _NAMED.match(backwards) is not None:
        # The name is itself a value: {"name": "DB_PASSWORD", "value": ...}. XML first: there the tag closes.
        if match := _PAIR_XML.match(text, last):
            yield match.start(2), match.end(2), True
            return
        if (match := _PAIR_VALUE.match(text, last)) or (match := _PAIR_LINE.match(text, last)):
            yield from _value(text, match.end(), line=True)
            return
    if following == b'"' and before.endswith(b'="') and _IN_PART.search(before):
        if match := _PART.match(text, last):
            yield match.start(1), match.end(1), True
        return
    if following in b"\"'" and following:
        if is_value and (found := _value_before(text, first, backwards)) is not None:
            yield *found, True
            return
        if (
            before[-2:-1] == b"="
            and _ENTRY_NAME.search(before)
            and ((match := _ATTRIBUTE_VALUE.match(text, last)) or (match := _ATTRIBUTE_TEXT.match(text, last)))
        ):
            if match.re is _ATTRIBUTE_TEXT:
                yield match.start(1), match.end(1), True
            else:
                yield from _value(text, match.end(), line=False)
            return
    if before.endswith((b"<", b":")) and (match := _ELEMENT.match(text, last) or _CDATA.match(text, last)):
        if b"<" in before[-40:]:
            yield match.start(1), match.end(1), True
        return
    if match := _SEPARATOR.match(text, last):
        if before.endswith((b"$", b"${")) or (before.endswith(b":") and match[0] == b":"):
            return  # a reference, or a part of an ARN
        for low, high, quoted in _value(text, match.end(), line=b":" in match[0] and _begins_line(text, first)):
            # Texts beside each other in a list: a word is the next of them and no value.
            if b"," not in match[0] or (not _IS_KEY.match(text, high) and _DIGIT.search(text, low, high)):
                yield low, high, quoted
    elif match := _CONFIGURED.match(text, last):  # proxy_set_header X-API-Key "..."
        if _begins_word(before) and (match := _QUOTED[text[match.end()]].match(text, match.end())) and len(match[1]) >= 16:
            yield match.start(1), match.end(1), True
    elif match := _PROSE.match(text, last):  # "the password is x": only what nobody would say
        low, high = match.span(1)
        high -= len(match[1]) - len(match[1].rstrip(b".;!)"))
        value = text[low:high]
        if any(48 <= byte < 58 for byte in value) and any(65 <= byte < 91 for byte in value) and any(97 <= byte < 123 for byte in value):
            yield low, high, False
    elif (match := _DIRECTIVE.match(text, last)) and (_begins_line(text, first) or _WORDED.search(before)):
        if _WORDED.search(before) or b"_" in text[first:last] or text[first:last] in _DIRECTIVES or _is_random(match[1]):
            yield match.start(1), match.end(1), False
    elif before.endswith((b" -", b"\t-")) and (match := _FLAG.match(text, last)) and (word := _BARE.match(text, match.end())):
        if _is_random(word[0]):
            yield word.start(), word.end(), False
    elif before.endswith(b"--") and (match := _FLAG.match(text, last)) and text[match.end() : match.end() + 1] not in (b"-", b""):
        yield from _value(text, match.end(), line=False)


_DIRECTIVES = frozenset({b"requirepass", b"masterauth", b"password", b"insecure-password", b"secret"})


def _is_random(value: bytes) -> bool:
    return len(value) >= 12 and any(48 <= byte < 58 for byte in value) and any(97 <= byte < 123 for byte in value)


def _begins_word(before: bytes) -> bool:
    return not before or before[-1:] in b" \t\n"


def _value_before(text: bytes, first: int, backwards: bytes) -> tuple[int, int] | None:
    """Where the value is of a pair that has it before the name: {"value": ..., "name": "DB_PASSWORD"}."""
    match = _BEHIND_VALUE.match(backwards)
    if match is None:
        return None
    end = first - match.end()
    start = text.rfind(b'"', max(0, end - 4096), end)
    while start > 0 and text[start - 1] == 0x5C:
        start = text.rfind(b'"', max(0, end - 4096), start)
    if start < 0 or not _PAIR_BEFORE_VALUE.search(text[max(0, start - 24) : start]):
        return None
    return start + 1, end


def _begins_line(text: bytes, first: int) -> bool:
    """Whether nothing but white space, a dash or a quote is before the name on its line: YAML, properties, listings."""
    start = text.rfind(b"\n", max(0, first - 120), first) + 1
    if start == 0 and first > 120:
        return False
    return not text[start:first].strip(b" \t-\"'")


def _value(text: bytes, start: int, *, line: bool) -> Iterator[tuple[int, int, bool]]:
    opening = text[start : start + 1]
    if not opening:
        return
    if (pattern := _QUOTED.get(opening[0])) is not None:
        if match := pattern.match(text, start):
            yield match.start(1), match.end(1), True
        return
    if opening == b"[" and text[start + 1 : start + 2] == b"{" and (match := _VALUE_MEMBER.match(text, start)):
        yield from _value(text, match.end(), line=False)
        return
    if opening == b"[":
        position = start + 1
        while (match := _BETWEEN.match(text, position)) and (inner := _QUOTED[text[match.end()]].match(text, match.end())):
            yield inner.start(1), inner.end(1), True
            position = inner.end()
        if position == start + 1 and (match := _LISTED.match(text, start)):
            yield match.start(1), match.end(1), False
        return
    if opening == b"{":
        if match := _VALUE_MEMBER.match(text, start):
            yield from _value(text, match.end(), line=False)
        return
    if _CODE.match(text, start):
        return
    if line and opening in b"|>" and (match := _BLOCK.match(text, start)):
        yield match.start(1) + len(match["indent"]), match.start(1) + len(match[1].rstrip()), True
        return
    if text.startswith(_REFERENCE_TAGS, start):
        return
    if line and (match := _ANCHOR.match(text, start)):
        start = match.end()
    if line and (match := _LINE.match(text, start)):
        whole = match[0].rstrip()
        if (comment := whole.find(b" #")) > 0:
            whole = whole[:comment].rstrip()
        if b" " not in whole and whole[-1:] not in b",;" and whole[:1] not in b"&*!%@":
            yield start, start + len(whole), False
            return
    if match := _BARE.match(text, start):
        yield start, match.end(), False
