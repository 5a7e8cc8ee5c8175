"""Draws values that look real: each provider's true format, from one seeded generator. Nothing here was ever issued by anybody."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
from collections.abc import Mapping

LETTERS = string.ascii_letters + string.digits
BASE32 = string.ascii_uppercase + "234567"
HEX = "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits
URLSAFE = LETTERS + "-_"

# What people make passwords of. The words are apart, so that no password stands in this file.
_SEASONS = ("Winter", "Sommer", "Herbst", "Spring", "Autumn", "Monsoon")
_ANIMALS = ("otter", "heron", "badger", "lynx", "walrus", "magpie", "gecko", "tapir", "ibex", "marten")
_THINGS = ("anchor", "ladder", "kettle", "violin", "saddle", "pencil", "lantern", "bucket", "hammer", "basket")
_WORDS = ("orders", "billing", "search", "ledger", "media", "notify", "catalog", "checkout", "reports", "intake", "pricing", "fleet")


class Mint:
    """One record's generator: the same seed gives the same values in the same order."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    # -- plain material ------------------------------------------------------------------------------------------------------------

    def chars(self, count: int, alphabet: str = LETTERS) -> str:
        """That many characters, with a digit and a letter among them where the alphabet has both, as any long random text has."""
        while True:
            text = "".join(self.random.choices(alphabet, k=count))
            digits = any(c.isdigit() for c in text) or not any(c.isdigit() for c in alphabet)
            if count < 8 or (digits and any(c.isalpha() for c in text)) or not any(c.isalpha() for c in alphabet):
                return text

    def hex(self, count: int) -> str:
        return self.chars(count, HEX)

    def digits(self, count: int) -> str:
        return self.random.choice("123456789") + "".join(self.random.choices(string.digits, k=count - 1))

    def raw(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def base64(self, count: int) -> str:
        """That many random bytes in standard base64."""
        return base64.b64encode(self.raw(count)).decode()

    def urlsafe(self, count: int) -> str:
        """That many random bytes in URL-safe base64 without padding."""
        return base64.urlsafe_b64encode(self.raw(count)).decode().rstrip("=")

    def word(self) -> str:
        return self.random.choice(_WORDS)

    # -- passwords -----------------------------------------------------------------------------------------------------------------

    def password(self) -> str:
        """As a person chooses one: a season, a year and a mark."""
        year, mark = self.random.randint(2019, 2029), self.random.choice("!?#%*") + self.random.choice("xqZ7K")
        return f"{self.random.choice(_SEASONS)}{year}{mark}"

    def passphrase(self) -> str:
        """As a generator of memorable ones makes it."""
        parts = (self.random.choice(_ANIMALS), self.random.choice(_THINGS), self.random.choice(_ANIMALS))
        return "-".join(parts) + f"-{self.digits(3)}"

    def strong(self, count: int = 24) -> str:
        """As password managers make them, without the characters that end a quoted string or a URL's part."""
        return self.chars(count, LETTERS + "!*+._~^")

    def wild(self, count: int = 20) -> str:
        """As a rotation function makes them: with what JSON, XML and URLs must escape."""
        middle = self.chars(count - 6, LETTERS + "!#%()*+,-.:;=?[]^_{|}~")
        return self.chars(2) + '"&' + middle + "\\<"

    def initial(self) -> str:
        """As an administrator sets it for somebody's first login."""
        return f"{self.word().capitalize()}@{self.digits(5)}"

    def joined(self) -> str:
        """Two words and a number without anything between."""
        return f"{self.random.choice(_ANIMALS)}{self.random.choice(_THINGS).capitalize()}{self.digits(4)}"

    def spaced(self) -> str:
        """Words with spaces, as a sentence that is easy to remember."""
        return f"{self.random.choice(_ANIMALS)} {self.random.choice(_THINGS)} {self.random.choice(_ANIMALS)} {self.digits(4)}"

    def accented(self) -> str:
        """With letters beyond ASCII, as keyboards elsewhere give them."""
        return f"{self.random.choice('ÄÖÜÉ')}{self.random.choice(_THINGS)}{self.random.choice('ßñçø')}{self.digits(5)}"

    # -- cloud providers -----------------------------------------------------------------------------------------------------------

    def aws_id(self, prefix: str = "AKIA") -> str:
        return prefix + self.chars(16, BASE32)

    def aws_secret(self) -> str:
        return self.chars(40, LETTERS + "+/")

    def aws_session(self) -> str:
        return "IQoJb3JpZ2luX2Vj" + self.base64(self.random.randint(210, 270))

    def google_key(self) -> str:
        return "AI" + "za" + self.chars(35, URLSAFE)

    def google_token(self) -> str:
        return "ya29" + ".c." + self.chars(self.random.randint(150, 190), URLSAFE)

    def google_secret(self) -> str:
        return "GOC" + "SPX-" + self.chars(28, URLSAFE)

    def google_refresh(self) -> str:
        return "1//0" + self.chars(100, URLSAFE)

    def azure_key(self, count: int = 64) -> str:
        return self.base64(count)

    def azure_secret(self) -> str:
        return self.chars(3) + "8Q" + "~" + self.chars(34, LETTERS + "_.-~")

    def sas(self) -> str:
        """A signature of an Azure SAS, as base64."""
        return self.base64(32)

    # -- forges, registries, vendors -----------------------------------------------------------------------------------------------

    def github(self, kind: str = "p") -> str:
        return f"gh{kind}" + "_" + self.chars(36)

    def github_fine(self) -> str:
        return "github" + "_pat_" + self.chars(22) + "_" + self.chars(59)

    def gitlab(self, prefix: str = "glpat") -> str:
        return prefix + "-" + self.chars(20, URLSAFE)

    def slack_bot(self) -> str:
        return "xox" + f"b-{self.digits(12)}-{self.digits(13)}-{self.chars(24)}"

    def slack_hook(self) -> str:
        return "https://hooks.slack.com/" + f"services/T{self.chars(10, BASE32)}/B{self.chars(10, BASE32)}/{self.chars(24)}"

    def discord_hook(self) -> str:
        return "https://discord.com/api/" + f"webhooks/{self.digits(19)}/{self.chars(68, URLSAFE)}"

    def teams_hook(self) -> str:
        return "https://contoso.webhook.office.com/" + f"webhookb2/{self.uuid()}@{self.uuid()}/IncomingWebhook/{self.hex(32)}/{self.uuid()}"

    def stripe(self, kind: str = "sk") -> str:
        return kind + "_live_" + "51" + self.chars(97)

    def anthropic(self) -> str:
        return "sk-" + "ant-api03-" + self.chars(93, URLSAFE) + "AA"

    def openai(self) -> str:
        return "sk-" + "proj-" + self.chars(74, URLSAFE) + "T3Blbk" + "FJ" + self.chars(74, URLSAFE)

    def sendgrid(self) -> str:
        return "S" + "G." + self.chars(22, URLSAFE) + "." + self.chars(43, URLSAFE)

    def npm(self) -> str:
        return "npm" + "_" + self.chars(36)

    def pypi(self) -> str:
        return "pypi-" + "AgEIcHlwaS5vcmc" + self.chars(150, URLSAFE)

    def docker(self) -> str:
        return "dckr" + "_pat_" + self.chars(27, URLSAFE)

    def vault(self) -> str:
        return "hv" + "s." + "CAES" + "I" + self.chars(90, URLSAFE)

    def digitalocean(self) -> str:
        return "dop" + "_v1_" + self.hex(64)

    def grafana(self) -> str:
        return "glsa" + "_" + self.chars(32) + "_" + self.hex(8)

    def terraform_cloud(self) -> str:
        return self.chars(14) + ".atlas" + "v1." + self.chars(67)

    def datadog(self) -> str:
        return self.hex(32)

    def twilio(self) -> str:
        return self.hex(32)

    def bootstrap(self) -> str:
        """A kubeadm bootstrap token."""
        return self.chars(6, LOWER) + "." + self.chars(16, LOWER)

    def age(self) -> str:
        """An age identity: bech32's alphabet, the true length."""
        return "AGE-" + "SECRET-KEY-1" + self.chars(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")

    def jwt(self, claims: Mapping[str, object], header: Mapping[str, object] | None = None) -> str:
        """A JSON Web Token with an HS256 signature of the right length; `keys.rs256` signs for real."""
        head = header or {"alg": "HS256", "typ": "JWT"}
        parts = [base64.urlsafe_b64encode(json.dumps(p, separators=(",", ":")).encode()).decode().rstrip("=") for p in (head, claims)]
        return ".".join((*parts, self.urlsafe(32)))

    # -- what only looks like a secret ---------------------------------------------------------------------------------------------

    def uuid(self) -> str:
        text = self.hex(32)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{self.random.choice('89ab')}{text[17:20]}-{text[20:]}"

    def account(self) -> str:
        return self.digits(12)

    def sha1(self) -> str:
        return self.hex(40)

    def sha256(self) -> str:
        return self.hex(64)

    def digest(self) -> str:
        return "sha256:" + self.hex(64)

    def integrity(self) -> str:
        """Subresource integrity, as npm and browsers have it."""
        return "sha512-" + self.base64(64)

    def etag(self) -> str:
        return f'"{self.hex(32)}"'

    def fingerprint(self) -> str:
        return "SHA256:" + self.base64(32).rstrip("=")

    def page(self, count: int = 120) -> str:
        """A pagination token: opaque base64."""
        return self.base64(count)

    def publishable(self) -> str:
        return "pk" + "_live_" + "51" + self.chars(97)

    def ssh_public(self) -> str:
        return "ssh-ed25519 " + base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00 " + self.raw(32)).decode()

    def ssh_rsa_public(self) -> str:
        body = b"\x00\x00\x00\x07ssh-rsa\x00\x00\x00\x03\x01\x00\x01\x00\x00\x01\x01\x00" + self.raw(256)
        return "ssh-rsa " + base64.b64encode(body).decode()

    def bcrypt_salt(self) -> str:
        return self.chars(22, LETTERS + "./")

    def md5_of(self, text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
