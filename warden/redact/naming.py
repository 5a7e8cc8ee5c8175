"""What a name says of its value: a password, a token, a key, or nothing that is secret."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """What is expected behind a name; `plausible` judges values by it."""

    NONE = ""
    PASSWORD = "password"  # any word may be one
    TOKEN = "token"  # random, or it is a reference
    SECRET = "secret"  # either
    URL = "url"  # a location with a password in it


_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")

_PASSWORD = frozenset({"password", "passwords", "passwd", "pwd", "pass", "passphrase", "passphrases", "passcode", "requirepass",
    "masterauth", "psk", "userpassword", "dbpassword",
                       "rootpassword", "adminpassword", "pgpassword", "mysqlpassword", "userpass", "dbpass", "sshpass", "mypassword",
                       "passw", "pw", "rootpw", "bindpw", "passwort", "kennwort", "contrasena", "authinfo", "psksecret"})  # fmt: skip
_TOKEN = frozenset({"token", "tokens", "apikey", "apikeys", "authtoken", "accesstoken", "refreshtoken", "idtoken", "bearer", "cookie",
    "cookies", "jwt", "sessionid", "otp", "seed",
                    "authorization", "appkey", "authkey", "accesskey", "secretkey", "privatekey", "signingkey", "sessiontoken", "unseal",
                    "hmackey", "accountkey",
                    "bottoken", "masterkey", "encryptionkey", "sharedkey", "storagekey", "webhooktoken",
                    "samlresponse", "totp", "pepper", "passwordsalt"})  # fmt: skip
_SECRET = frozenset(
    {"secret", "secrets", "clientsecret", "credential", "credentials", "creds", "auth", "appsecret", "sharedsecret", "plaintextkey"}
)
_URL = frozenset({"dsn"})

#: "...key" is a credential behind these only: object keys, map keys and key ids are not.
KEY_OF = frozenset({"api", "access", "private", "secret", "account", "shared", "signing", "encryption", "encrypt", "master", "auth", "app",
    "application", "license", "hmac", "session", "storage",
                     "identity", "service", "deploy", "ssh", "rsa", "ec", "pre", "unseal", "recovery", "admin", "bot", "webhook", "ingest",
                     "write", "primary", "secondary", "jwt",
                     "cookie", "server", "host", "crypt", "aes", "fernet", "age", "root", "functions", "function", "subscription", "routing",
                     "integration", "mac", "preshared", "validation", "decryption", "consumer", "record", "installation", "upstream",
                     "registration", "enrollment", "provisioning", "activation", "publish"})  # fmt: skip
#: "...codes" that let in whoever has one.
_CODE_OF = frozenset({"recovery", "backup", "scratch"})
#: Of these, only where the value looks random: `plausible` asks for it anyway.
#: What comes behind the noun and changes nothing: numbers, environments, forms.
_TAIL = frozenset({"value", "values", "string", "b64", "base64", "encoded", "plain", "plaintext", "text", "current", "previous", "old",
    "new", "prod", "production", "dev", "development",
                   "staging", "stage", "test", "qa", "live", "main", "primary", "secondary", "default", "master", "admin", "root", "raw",
                   "data", "env", "confirm", "confirmation", "repeat", "unencrypted", "cleartext", "hash", "hashed", "readonly",
                   "rw", "ro", "eu", "us", "v", "base"})  # fmt: skip
#: A token of these is a position in a list, an idempotency key or a count, and clients must have it back as it is.
_NOT_TOKEN = frozenset({"next", "page", "continuation", "continue", "pagination", "paging", "sync", "client", "request", "idempotency",
    "idempotent", "cursor", "resume", "max",
                        "min", "num", "total", "count", "prompt", "completion", "completions", "input", "output", "cached", "cache",
                        "reasoning", "audio", "public", "publishable", "stop", "start",
                        "end", "last", "first", "previous", "prev", "change", "marker", "starting", "lexer", "special", "pad", "eos", "bos",
                        "per", "used", "remaining", "limit",
                        "scroll", "lock", "upsert", "consistency", "checkpoint", "iterator", "shard", "design", "zed", "thinking",
                        "requests", "version", "schema",
                        "task", "callback", "confirm"})  # fmt: skip
_NOT_ANY = frozenset({"no", "has", "is", "use", "uses", "require", "requires", "required", "enable", "enabled", "disable", "disabled",
    "allow", "allowed", "need", "needs", "with", "without", "supports",
                      "show", "hide", "forgot", "reset", "manage", "managed", "rotate", "expire", "expired", "check", "verify", "validate",
                      "generate", "random", "automount",
                      "public", "ignore", "skip", "want", "prompt", "can", "should", "must", "bypass", "by", "image", "pull"})  # fmt: skip


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind:
    """What the last words of `name` say (``db_password``, ``APIToken2``, ``spring.datasource.password``)."""
    found = [word.lower() for word in _WORDS.findall(name)]
    words = found.copy()
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _TAIL):
        words.pop()
    if not words:
        return Kind.NONE
    last, before = words[-1], words[:-1]
    if last == "salt" and before:  # a server's own: one that stands beside a digest has no other name
        return Kind.TOKEN
    if not _NOT_ANY.isdisjoint(before):
        return Kind.NONE
    if last in _PASSWORD or last.endswith(("password", "passwd", "passphrase")):
        return Kind.NONE if last == "pass" and "proxy" in before else Kind.PASSWORD
    if last in _SECRET:
        return (
            Kind.NONE
            if last in ("auth", "creds") and before and before[-1] in ("basic", "client", "server") and len(name) > 24
            else Kind.SECRET
        )
    if last in ("key", "keys") and before:
        if before[-1] not in KEY_OF or "pusher" in before:  # Pusher's is public, beside a secret
            return Kind.NONE
        return Kind.TOKEN
    if words != found and "hash" in found[len(words) :]:
        return Kind.NONE  # of a token, which is random, it says nothing
    if last == "cookie" and before[-1:] == ["erlang"]:
        return Kind.PASSWORD
    if last in _TOKEN:
        return Kind.NONE if not _NOT_TOKEN.isdisjoint(before[-2:]) else Kind.TOKEN
    if last in ("code", "codes") and before and (before[-1] in ("pin", "access") or before[-1] in _CODE_OF):
        return Kind.PASSWORD
    if (last == "code" and before[-1:] == ["device"]) or (last == "response" and before[-1:] == ["saml"]):
        return Kind.TOKEN
    if last == "community" and "snmp" in before:
        return Kind.PASSWORD
    if last == "material" and before[-1:] == ["key"]:
        return Kind.TOKEN
    if last in _URL or (
        last in ("url", "uri", "string") and before[-1:] in (["connection"], ["database"], ["webhook"], ["redis"], ["mongo"], ["postgres"])
    ):
        return Kind.URL
    if last == "connection" or words[-2:] == ["connection", "string"]:
        return Kind.URL
    return Kind.NONE
