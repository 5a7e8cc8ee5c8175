"""Whether a value could be the secret that its name promises."""

from __future__ import annotations

import math
import re
from collections import Counter

from warden.redact.naming import Kind

#: Bytes beyond which a value is no password or token; longer ones are keys and documents, which other layers find.
_LONGEST = 16_384

#: How keys begin that browsers are given.
_PUBLISHABLE = rb"pk_(?:live|test)_|sb_publishable_|pk\.eyJ"
#: What stands where a secret would: templates, masks, references, and words that documentation and schemas use.
_STANDS_FOR = re.compile(
    rb"!\w+|@Microsoft\.KeyVault.*|\(\(.*\)\)|\*{2,}[\w ]{0,60}\*{2,}|&lt;.*&gt;|\$\{.*|\$\(.*|\$[A-Za-z_][A-Za-z0-9_]*|\{\{.*|<[^<>]*>|%\(?[A-Za-z_]+\)?[s%]?|@@?[A-Za-z_.]+@?|\*+|x{3,}|X{3,}|\.{3,}|-+|_+|#+|\?+"
    rb"|(?i:null|nil|none|true|false|yes|no|on|off|n/a|na|undefined|unset|empty|required|optional|string|str|bytes?|int|integer|bool|boolean|object|array|any|secret|token"
    rb"|password|passwd|pass|key|apikey|bearer|basic|digest|negotiate|default|enabled?|disabled?|unchanged|invalid|incorrect|expired|missing|wrong|never|changed?|hidden|masked"
    rb"|redacted|\[?redacted\]?|\(?sensitive(?: value)?\)?|\[?filtered\]?|sha-?(?:1|256|512)|md5|bcrypt|scram-sha-256|plain|text|file|env|vault|kv|kubernetes\.io/.*|opaque"
    rb"|changeme|change-me|change_me|your[-_ ]?.*|my[-_]?(?:password|token|secret|key)|example.*|placeholder|dummy|todo|tbd|foo|bar|test|replace[-_ ]?me|insert[-_ ].*"
    rb"|process\.env\..*|os\.environ.*|var\..*|local\..*|data\..*|module\..*|env\..*|secrets\..*|config\..*|self\..*|this\..*|ref:.*|func.*|import.*|return.*|new .*|on_create|always"
    rb"|passwor[dt]|kennwort|contrase\xc3\xb1a|senha|parola|has\xc5\x82o|wachtwoord|l\xc3\xb6senord|mot de passe|heslo|salasana|adgangskode|passord)"
    rb"|(?:"
    + _PUBLISHABLE
    + rb"|arn:|vault:|op://|sm://|ssm:|secretsmanager:|awssm:|gcpsm:|sops:|ENC\[|env:|file:|projects/|kms:|keyvault:|https?://[^:@\s]*/?secrets?/).*"
)
#: `valueFrom`-like: a path or a dotted reference to where the secret is.
_PATH = re.compile(
    rb"(?:\.{0,2}/|~/|[A-Za-z]:\\)[\w./ ~-]*|[\w.-]+/[\w./-]+\.(?:pem|key|crt|json|ya?ml|txt|env)|[\w.-]+\.(?:pem|key|crt|json|ya?ml|txt|conf|html|js|py)"
)
_DATE = re.compile(rb"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|\d\d?/\d\d?/\d{2,4}")
_KEBAB = re.compile(rb"[a-z]{2,}(?:[-_./][a-z0-9]{1,}){0,8}|[A-Z][a-z]+(?: [a-z]+)*|[A-Z]{2,19}(?:_[A-Z]{2,})*|[a-z]+(?:[A-Z][a-z]+){1,6}")
_RELEASE = re.compile(rb"v?[0-9]{1,3}(?:\.[0-9]{1,4}){1,3}$")
#: Names of settings that say that nothing secret is behind them, at their end or anywhere.
_OPEN = re.compile(
    rb"(?:^|_)(?:PUBLIC|PUBLISHABLE)(?:_|$)|(?:^|_)(?:VERSION|COMMIT|SHA|REVISION|URL|URI|HOST|HOSTNAME|DOMAIN|REGION|ZONE|AUDIENCE|ISSUER|FROM|ID|EMAIL|NAME"
    rb"|USER|SECONDS|MINUTES|TTL|LIFETIME|TIMEOUT|PORT|PATH|DIR|MODE|FORMAT|LEVEL|LOCALE|LANG|ENV|ENVIRONMENT|PROJECT|CONFIG|SERVICE|COUNT|SIZE|BRANCH|TIMEZONE)$",
    re.IGNORECASE,
)
#: What is no secret even where secrets are kept: switches, counts, keys for browsers, references.
_PLAINLY = re.compile(rb".{0,3}|\d+|(?i:true|false|null|none|enabled|disabled)|(?:" + _PUBLISHABLE + rb").*|\$\{.*\}|\{\{.*\}\}")
#: A segment or parameter of a location that may be what lets in: hooks and capabilities are.
_TOKENED = re.compile(rb"[/?=&](?=[A-Za-z0-9_-]{16})[A-Za-z_-]{0,64}[0-9]")
_LOCATION = re.compile(rb"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DIGITS = re.compile(rb"\d+")
#: One, and nothing else: of keys and tokens many are.
UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CERTIFICATE = re.compile(
    rb"Ag[A-Z][A-Za-z0-9+/]{100}|-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE REQUEST)-----|ssh-(?:rsa|ed25519) AAAA|AAAA(?:[BC]3NzaC1|E2VjZHNh|Gnr)|MII[A-Za-z0-9+/]{200}|(?:SHA256|MD5):[A-Za-z0-9+/:]{32,48}=?$"
)


#: Words of sentences about passwords, in the languages of forms.
_LABEL = re.compile(
    rb"passwor|passphrase|kennwort|contrase|mot de passe|senha|wachtwoord|secret|token|please|bitte|enter |must ", re.IGNORECASE
)

#: What documentation writes for a value: USERNAME:PASSWORD, AWS's own example keys.
_EXAMPLE = re.compile(rb"(?:[A-Z]{2,19}|_*[A-Z]+(?:_+[A-Z]+)+_*)(?::[A-Z_]{2,})?|.{0,40}EXAMPLE(?:KEY)?")


def stands_for(value: bytes) -> bool:
    """Whether `value` is written where a secret would be: a reference, a template, a mask, an example."""
    return len(value) < 256 and (_STANDS_FOR.fullmatch(value) or _EXAMPLE.fullmatch(value)) is not None


def plausible(value: bytes, kind: Kind, *, quoted: bool) -> bool:
    """Whether `value` is more likely a secret than anything else that stands behind a name of this `kind`. `quoted`: its ends were certain."""
    bare = value.strip()
    if not bare or len(bare) > _LONGEST or stands_for(bare) or _DATE.fullmatch(bare) or _CERTIFICATE.match(bare):
        return False
    if kind is Kind.URL:
        return False  # the password in a location, and keys in connection strings, are patterns of their own
    if _LOCATION.match(bare):
        return False
    if kind is Kind.PASSWORD:
        return _password(bare, quoted=quoted)
    if len(bare) < 8 or _PATH.fullmatch(bare):
        return False
    if kind is Kind.SECRET and b" " not in bare:
        return _random_looking(bare) if len(bare) < 16 or _KEBAB.fullmatch(bare) else not _KEBAB.fullmatch(bare) and _random_looking(bare)
    return b" " not in bare.removeprefix(b"Bearer ").removeprefix(b"Basic ") and _random_looking(bare)


def open_setting(name: bytes, value: bytes, *, managed: bool) -> bool:
    """Whether the setting `name` is none that has to be hidden. `managed`: it is kept by what keeps secrets, so that only what plainly is none counts."""
    bare = value.strip()
    location = _LOCATION.match(bare) is not None and b"@" not in bare
    if managed:
        random = plausible(bare, Kind.TOKEN, quoted=True)
        return (
            (location and not _TOKENED.search(bare))
            or (_OPEN.search(name) is not None and b"@" not in bare and not random)
            or _PLAINLY.fullmatch(bare) is not None
        )
    if stands_for(bare) or location or (_KEBAB.fullmatch(bare) and len(bare) < 20) or (_OPEN.search(name) and b"@" not in bare):
        return True
    return not plausible(bare, Kind.TOKEN, quoted=True)


def _password(value: bytes, *, quoted: bool) -> bool:
    if len(value) < 4 or (_PATH.fullmatch(value) and not any(48 <= c < 58 for c in value)):
        return False
    if b" " in value:
        # A passphrase has a few words; a sentence about passwords has many, or ends as sentences do.
        return (
            quoted
            and len(value) < 80
            and not _LABEL.search(value)
            and value.count(b" ") < 8
            and not value.endswith((b".", b":", b"?", b"!"))
            and _mixed(value)
        )
    if quoted:
        return True
    return _mixed(value) or len(value) >= 6


def _mixed(value: bytes) -> bool:
    return (
        any(48 <= c < 58 for c in value) or (value.lower() != value and value.upper() != value) or any(c in b"!@#$%^&*+=?~" for c in value)
    )


def _random_looking(value: bytes) -> bool:
    """Letters with digits, or many kinds of letters without words: what generators make."""
    if _KEBAB.fullmatch(value) and not any(48 <= c < 58 for c in value):
        return False
    digits = sum(48 <= c < 58 for c in value)
    letters = sum(65 <= c < 91 or 97 <= c < 123 for c in value)
    if digits == len(value):
        return False
    if digits == 0:
        return len(value) >= 20 and _entropy(value) >= 3.8 and value.lower() != value
    if _KEBAB.fullmatch(value) and (digits <= 2 or _RELEASE.search(value)) and not UUID.fullmatch(value):
        return False  # app-secret-2
    return letters > 0 and (len(value) >= 16 or digits >= 2) and _entropy(value) >= (2.5 if len(value) < 16 else 3.0)


def _entropy(value: bytes) -> float:
    """Bits for each byte, by the frequencies within the value (Shannon)."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())
