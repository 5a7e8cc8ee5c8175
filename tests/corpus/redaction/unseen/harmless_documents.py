"""Documents with nothing to hide that speak of nothing else: pages, manuals, sources, test reports, indexes."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import page


def references_of_git(d: Draft) -> None:
    m = d.mint
    text = "".join(
        f"{d.keep(m.sha1())}\trefs/{name}\n"
        for name in ("heads/main", "heads/remove-password", "tags/token-v1.2.0", "tags/token-v1.2.0^{}", "pull/88/head")
    )
    d.kept("refs/tags/token-v1.2.0^{}", "refs/heads/remove-password")
    page(d, "https://git.acme.internal/web/info/refs.txt", text)


def translations_po(d: Draft) -> None:
    m = d.mint
    text = f"""msgid "Password"
msgstr "Mot de passe"

#: login.html:{d.keep("41")}
msgid "password: must contain a digit"
msgstr "mot de passe : doit contenir un chiffre"

msgid "Access token (optional)"
msgstr "Jeton d'accès (facultatif)"

#, python-format
msgid "Secret key for %(user)s has expired."
msgstr "La clé secrète de %(user)s a expiré."

# source {d.keep(m.sha1())}
"""
    d.lookalikes.pop("41")
    d.kept(
        'msgstr "Mot de passe"',
        'msgid "password: must contain a digit"',
        "Jeton d'accès (facultatif)",
        "La clé secrète de %(user)s a expiré.",
    )
    page(d, "https://weblate.acme.internal/download/fr.po", text, "text/x-gettext-translation; charset=utf-8")


def junit_and_coverage(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version="1.0"?><testsuites><testsuite name="auth" tests="3" hostname="{d.keep("runner-" + m.hex(8))}" timestamp="2026-11-24T10:15:00">
<testcase classname="tests.test_tokens" name="test_expired_token_is_rejected[HS256-None]" time="0.01"/>
<testcase classname="tests.test_password" name="test_password_too_short[abc]" time="0.02"><failure message="AssertionError: assert 'password' in &lt;LoginForm&gt;.errors"/></testcase>
<testcase classname="tests.test_secret" name="test_secret_is_masked" time="0.00"><system-out>secret=******</system-out></testcase>
<properties><property name="commit" value="{d.keep(m.sha1())}"/></properties></testsuite></testsuites>
"""
    d.kept(
        'name="test_expired_token_is_rejected[HS256-None]"', 'name="test_password_too_short[abc]"', "<system-out>secret=******</system-out>"
    )
    page(d, "https://ci.acme.internal/artifacts/junit.xml", text, "application/xml")


def manual_page(d: Draft) -> None:
    m = d.mint
    text = f"""ACMECTL-LOGIN(1)

SYNOPSIS
       acmectl login [--username NAME] [--password-stdin] [--token-file FILE]

OPTIONS
       --password=PASSWORD   Not recommended. Use --password-stdin.
       --client-secret-env VAR
              Name of the variable that holds the secret, by default ACME_SECRET.

EXAMPLES
       acmectl login -u anna -p '<password>'
       export ACME_TOKEN=$(cat ~/.acme/token)
       curl -H "Authorization: Bearer $ACME_TOKEN" https://api.acme.example.org

BUILD  {d.keep("v2.4.1-17-g" + m.hex(9))}, sha256 {d.keep(m.sha256())}
"""
    d.kept(
        "--password=PASSWORD   Not recommended.",
        "acmectl login -u anna -p '<password>'",
        "export ACME_TOKEN=$(cat ~/.acme/token)",
        'curl -H "Authorization: Bearer $ACME_TOKEN"',
        "by default ACME_SECRET.",
    )
    page(d, "https://docs.acme.example.org/man/acmectl-login.1", text)


def example_settings(d: Draft) -> None:
    m = d.mint
    text = f"""# Copy to .env and fill in.
DATABASE_URL=postgres://user:password@localhost:5432/app
API_KEY=your-api-key-here
SECRET_KEY=<generate with openssl rand -hex 32>
SMTP_PASSWORD=
JWT_PRIVATE_KEY_PATH=./keys/private.pem
STRIPE_PUBLISHABLE_KEY={d.keep(m.publishable())}
SENTRY_DSN={d.keep("https://" + m.hex(32) + "@o" + m.digits(5) + ".ingest.sentry.io/" + m.digits(7))}
ADMIN_PASSWORD={{{{ admin_password }}}}
TOKEN_URL=https://idp.acme.example.org/token
OAUTH_SECRET=op://Private/OAuth/secret
GITHUB_TOKEN=${{GITHUB_TOKEN}}
"""
    d.kept(
        "API_KEY=your-api-key-here",
        "SECRET_KEY=<generate with openssl rand -hex 32>",
        "ADMIN_PASSWORD={{ admin_password }}",
        "OAUTH_SECRET=op://Private/OAuth/secret",
        "GITHUB_TOKEN=${GITHUB_TOKEN}",
        "JWT_PRIVATE_KEY_PATH=./keys/private.pem",
    )
    page(d, "https://git.acme.internal/raw/.env.example", text)


def react_source(d: Draft) -> None:
    text = """export function LoginForm({ token, onSubmit }: Props) {
  const [password, setPassword] = useState("");
  const { data: session } = useQuery({ queryKey: ["session", token] });
  const isStrong = password.length >= 14 && /[0-9]/.test(password);
  const apiKey = import.meta.env.VITE_API_KEY;
  const headers = { Authorization: `Bearer ${session.accessToken}`, "X-Api-Key": apiKey };
  return (
    <input type="password" value={password} name="password" placeholder={t("login.password")} />
  );
}
export const passwordSchema = z.string().min(14, "Password is too short");
"""
    d.kept(
        'const [password, setPassword] = useState("");',
        "const apiKey = import.meta.env.VITE_API_KEY;",
        "Authorization: `Bearer ${session.accessToken}`",
        '"X-Api-Key": apiKey',
        '<input type="password" value={password} name="password"',
        'z.string().min(14, "Password is too short")',
        'queryKey: ["session", token]',
    )
    page(d, "https://git.acme.internal/raw/LoginForm.tsx", text, "text/plain; charset=utf-8")


def known_hosts_and_certificates(d: Draft) -> None:
    m = d.mint
    text = f"""|1|{d.keep(m.base64(20))}|{d.keep(m.base64(20))} {m.ssh_public()}
@cert-authority *.acme.internal {d.keep(m.ssh_rsa_public())}
git.acme.internal {d.keep(m.ssh_public())}
{d.keep(keys.certificate("unseen-known"))}
{d.keep(keys.public("unseen-known"))}
untrusted comment: minisign public key {d.keep(m.hex(16).upper())}
{d.keep("RW" + m.base64(40)[2:])}
"""
    page(d, "https://trust.acme.internal/bundle.txt", text)


def packages_index(d: Draft) -> None:
    m = d.mint
    rows = "\n\n".join(
        f"""Package: {name}
Version: {version}
Description: {text}
Filename: pool/main/{name[0]}/{name}/{name}_{version}_amd64.deb
MD5sum: {d.keep(m.hex(32))}
SHA256: {d.keep(m.sha256())}"""
        for name, version, text in (
            ("pass", "1.7.4-6", "lightweight directory-based password manager"),
            ("libsecret-1-0", "0.21.4-1", "Secret store"),
            ("tokenize", "3.2", "splits text in tokens"),
        )
    )
    d.kept("Description: lightweight directory-based password manager", "Filename: pool/main/p/pass/pass_1.7.4-6_amd64.deb")
    page(d, "https://mirror.acme.internal/debian/dists/stable/main/binary-amd64/Packages", rows + "\n")


def minified_page(d: Draft) -> None:
    m = d.mint
    svg = b64('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M8 1a4 4 0 0 0-4 4v2h8V5a4 4 0 0 0-4-4z"/></svg>')
    text = f"""<!doctype html><html lang=en data-build={d.keep(m.hex(12))}><meta name=csrf-param content=authenticity_token><link rel=preload href=/fonts/i.{d.keep(m.hex(20))}.woff2><link rel=icon href="data:image/svg+xml;base64,{d.keep(svg)}"><script src=/a.js integrity={d.keep("sha384-" + m.base64(48))}></script><script>(()=>{{var t={{password:"",token:null,apiKey:void 0}},e=t=>t.password===t.confirm||"passwords differ";self.__NUXT__={{config:{{public:{{gaId:"{d.keep("G-" + m.chars(10).upper())}"}}}},pwRules:/^(?=.*\\d).{{14,}}$/}}}})()</script><label>Password <input type=password name=pw required></label><p>Lost your token? <a href=/token/new>Get a new one</a></html>"""
    d.kept(
        '{password:"",token:null,apiKey:void 0}',
        "<input type=password name=pw required>",
        "Lost your token? <a href=/token/new>Get a new one</a>",
        "content=authenticity_token",
    )
    page(d, "https://app.acme.example.org/signin", text, "text/html")
