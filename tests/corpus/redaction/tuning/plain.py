"""Answers without any secret that are full of what looks like one."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import api, aws_ec2, page


def npm_lockfile(d: Draft) -> None:
    m = d.mint
    packages = {
        f"node_modules/{name}": {
            "version": version,
            "resolved": d.keep(f"https://registry.npmjs.org/{name}/-/{name}-{version}.tgz"),
            "integrity": d.keep(m.integrity()),
            "license": "MIT",
        }
        for name, version in (
            ("password-prompt", "1.1.3"),
            ("js-tokens", "4.0.0"),
            ("keyv", "4.5.4"),
            ("secret-stack", "8.1.0"),
            ("jsonwebtoken", "9.0.2"),
        )
    }
    page(d, "https://raw.example.com/shop/web/main/package-lock.json", "")
    d.json({"name": "web", "version": "2.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}, indent=2)


def image_manifest(d: Draft) -> None:
    m = d.mint
    layers = [
        {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": d.keep(m.digest()), "size": m.random.randint(10**4, 10**8)}
        for _ in range(4)
    ]
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": d.keep(m.digest()), "size": 7023}
    api(d, "GET", "https://registry.example.com/v2/shop/web/manifests/2.1", {"schemaVersion": 2, "config": config, "layers": layers})
    d.headers.update({"docker-content-digest": d.keep(m.digest()), "docker-distribution-api-version": "registry/2.0"})


def documentation_page(d: Draft) -> None:
    """A manual: its examples are placeholders."""
    m = d.mint
    text = f"""<h1>Authentication</h1>
<p>Send your API key in the <code>X-API-Key</code> header. Keep your secret key secret; a password must have 12 characters.</p>
<pre>curl -H "Authorization: Bearer $TOKEN" https://api.example.com/v1/me
curl -u USERNAME:PASSWORD https://api.example.com/v1/me
export API_KEY=&lt;your-api-key&gt;
mysql -u root -p shop
docker login -u USER --password-stdin
psql "postgresql://user:password@localhost/db"
password: "********"
token: YOUR_TOKEN_HERE
secret: "REDACTED"
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
client_secret: ${{CLIENT_SECRET}}
password: {{{{ vault_db_password }}}}</pre>
<p>Every answer has a request id such as {d.keep(m.uuid())}.</p>
"""
    d.kept(
        "Bearer $TOKEN",
        "curl -u USERNAME:PASSWORD",
        "&lt;your-api-key&gt;",
        "mysql -u root -p shop",
        "token: YOUR_TOKEN_HERE",
        'password: "********"',
        'secret: "REDACTED"',
        "AKIAIOSFODNN7EXAMPLE",
        "client_secret: ${CLIENT_SECRET}",
        "password: {{ vault_db_password }}",
        "a password must have 12 characters",
    )
    page(d, "https://docs.example.com/auth", text, "text/html; charset=utf-8")


def certificate_bundle(d: Draft) -> None:
    text = ""
    for name in ("root-r1", "root-x2"):
        pem = keys.certificate(name)
        text += f"# {name}\n{pem}\n"
        for line in pem.splitlines()[2:5]:
            d.keep(line)
    d.kept(keys.public("signing").splitlines()[1])
    page(d, "https://pki.example.com/bundle.pem", text + keys.public("signing"), "application/x-pem-file")


def describe_instances(d: Draft) -> None:
    m = d.mint
    items = ""
    for number in range(2):
        items += f"""        <item>
            <instanceId>{d.keep("i-0" + m.hex(16))}</instanceId>
            <imageId>{d.keep("ami-0" + m.hex(16))}</imageId>
            <keyName>{d.keep(f"prod-keypair-{number}")}</keyName>
            <clientToken>{d.keep(m.uuid())}</clientToken>
            <macAddress>{d.keep("0a:" + ":".join(m.hex(2) for _ in range(5)))}</macAddress>
            <privateDnsName>ip-10-0-1-{number}.eu-central-1.compute.internal</privateDnsName>
            <metadataOptions><httpTokens>required</httpTokens></metadataOptions>
            <iamInstanceProfile><id>{d.keep(m.aws_id("AIPA"))}</id></iamInstanceProfile>
        </item>
"""
    more = f"    <nextToken>{d.keep(m.page(180))}</nextToken>"
    reservation = f"<item><reservationId>{d.keep('r-0' + m.hex(16))}</reservationId><instancesSet>\n{items}</instancesSet></item>"
    aws_ec2(d, "DescribeInstances", f"    <reservationSet>{reservation}</reservationSet>\n{more}", MaxResults="2")
