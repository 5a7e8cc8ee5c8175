"""Where a secret that was found in an answer may go back to: to the thing it was found in, and to the API that it is a credential of.

Why so little. Whoever can read what the agent writes could read the secret there: a ConfigMap beside the Secret, another object of the same
bucket, a page that quotes its query. An agent that reads a thing, changes it and writes it back (``kubectl edit``, ``terraform apply``) needs its
secrets again in that thing alone:

- of a Kubernetes resource, that resource alone, of any name, in the body; of a Secret, only the keys that hold what is secret;
- of AWS's Secrets Manager, the members that hold secrets; of any other API nothing, because it might evaluate what it is sent;
- of a single sign-on of AWS's, the portal of the same region, and the sign-on itself;
- a provider's token, recognized by its own look, at that provider's API, as its clients send it: `PROVIDERS`.

What remains to who may write the thing itself: a Secret that a new pod mounts shows its content to that pod. That is the policy's to rule on.
"""

from __future__ import annotations

import re

from warden.redact.vault import Binding

#: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris, behind whatever prefix a gateway has.
_KUBERNETES = re.compile(
    r"(?P<front>.*?/(?:api/v1|apis/[a-z0-9.-]+/v[0-9a-z]+))/(?:namespaces/(?P<namespace>[^/]+)/)?(?P<resource>[a-z0-9-]+)(?:/[^/]+)*"
)
#: Where a Secret has its values, and where ``kubectl apply`` repeats them.
_SECRET_FIELDS = (
    "json:data", "json:stringData", r"json:metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration",
)  # fmt: skip

#: Of AWS APIs that keep secrets, the members that hold them: elsewhere in a request (a description, a tag) others may read them.
_AWS_FIELDS = {
    "secretsmanager": ("json:SecretString", "json:SecretBinary"),
}

#: What a found token is a credential of, by a word in the name of the rule that found it: hosts, fields, why. The first that fits.
PROVIDERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("github", ("api.github.com", "github.com", "uploads.github.com"), ("authorization",), "Bearer, token, and Basic for git"),
    ("gitlab", ("gitlab.com",), ("header:private-token", "header:job-token", "authorization"), "glpat- and its kin; Basic for git"),
    ("slack", ("slack.com", "*.slack.com"), ("bearer",), "xoxb-, xoxp-, xapp-"),
    ("npm", ("registry.npmjs.org",), ("bearer",), "npm_"),
    ("pypi", ("upload.pypi.org", "test.pypi.org"), ("basic",), "pypi-: the password of __token__"),
    ("dockerhub", ("hub.docker.com", "auth.docker.io"), ("basic", "bearer", "json:password"), "dckr_pat_"),
    ("anthropic", ("api.anthropic.com",), ("header:x-api-key", "bearer"), "sk-ant-"),
    ("openai", ("api.openai.com",), ("bearer",), "sk-, sk-proj-"),
    ("stripe", ("api.stripe.com",), ("bearer", "basic"), "sk_live_, rk_live_; curl -u sends Basic"),
    ("sendgrid", ("api.sendgrid.com",), ("bearer",), "SG."),
    ("digitalocean", ("api.digitalocean.com",), ("bearer",), "dop_v1_, doo_v1_"),
    ("hugging", ("huggingface.co", "*.huggingface.co"), ("bearer",), "hf_"),
    ("databricks", ("*.cloud.databricks.com", "*.azuredatabricks.net", "*.gcp.databricks.com"), ("bearer",), "dapi"),
    ("sentry", ("sentry.io", "*.sentry.io"), ("bearer",), "sntrys_"),
    ("grafana", ("*.grafana.net", "grafana.com"), ("bearer",), "glc_, glsa_"),
    ("linode", ("api.linode.com",), ("bearer",), "personal access tokens"),
    ("rubygems", ("rubygems.org",), ("header:authorization",), "rubygems_, bare"),
    ("shopify", ("*.myshopify.com",), ("header:x-shopify-access-token",), "shpat_"),
    ("figma", ("api.figma.com",), ("header:x-figma-token",), "figd_"),
    ("notion", ("api.notion.com",), ("bearer",), "ntn_, secret_"),
    ("airtable", ("api.airtable.com",), ("bearer",), "pat"),
    ("telegram", ("api.telegram.org",), ("path",), "bot tokens are a segment of the path"),
)  # fmt: skip

#: The paths of a provider's API where other paths of the same host are answered by customers' own servers, which would see the token: Shopify's app
#: proxies (https://shopify.dev/docs/apps/build/online-store/app-proxies).
_PATHS = {"shopify": tuple(f"/admin/api/{'/'.join('*' * depth)}" for depth in range(2, 7))}

#: Hosts of Amazon's container registries that a token from ECR's own API is for: the region must be the same.
_ECR = re.compile(r"api\.ecr(?:-public)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?P<china>\.cn)?|ecr\.(?P<dual>[a-z0-9-]+)\.api\.aws")


#: AWS's single sign-on, where a login is asked for; its token is the portal's, which hands out a role's keys for it.
#: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
_SIGN_ON = re.compile(r"oidc\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_SIGN_ON_FIELDS = ("json:clientSecret", "json:deviceCode", "json:refreshToken")


def of(rule: str, host: str, path: str) -> tuple[Binding, ...]:
    """The bindings of a secret that `rule` found in an answer of `host` to a request for `path` (its query is left out)."""
    return (*_back(host, path.partition("?")[0]), *_provider(rule.lower(), host))


def _back(host: str, path: str) -> tuple[Binding, ...]:
    """To where it was found. Nowhere for an API that may evaluate what it is sent (a query, a pattern that a value must match): what it says of the
    secret then is not the secret, and nothing would know it again.
    """
    if match := _KUBERNETES.fullmatch(path):
        resource, namespace = match["resource"], match["namespace"]
        front = match["front"].replace("*", "%2A")
        scopes = (
            (f"{front}/namespaces/{namespace}/{resource}",) if namespace else (f"{front}/{resource}", f"{front}/namespaces/*/{resource}")
        )
        fields = _SECRET_FIELDS if resource == "secrets" and front.endswith("/api/v1") else ("body",)
        return (Binding((host,), fields, tuple(pattern for scope in scopes for pattern in (scope, f"{scope}/*"))),)
    if match := _SIGN_ON.fullmatch(host):
        portal = Binding((f"portal.sso.{match['region']}.amazonaws.com",), ("header:x-amz-sso_bearer_token",))
        return portal, Binding((host,), _SIGN_ON_FIELDS, ("/token", "/device_authorization"))
    service = host.partition(".")[0] if host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")) else ""
    return (Binding((host,), _AWS_FIELDS[service], (path.replace("*", "%2A"),)),) if service in _AWS_FIELDS else ()


def _provider(rule: str, host: str) -> tuple[Binding, ...]:
    if match := _ECR.fullmatch(host):
        region = match["region"] or match["dual"]
        ending = "amazonaws.com.cn" if match["china"] else "amazonaws.com"
        # GetAuthorizationToken gives "AWS:password" in base64; clients send it as Basic, whole or taken apart.
        return (Binding((f"*.dkr.ecr.{region}.{ending}", "public.ecr.aws"), ("basic", "authorization")),)
    return tuple([Binding(hosts, fields, _PATHS.get(word, ())) for word, hosts, fields, _ in PROVIDERS if word in rule][:1])
