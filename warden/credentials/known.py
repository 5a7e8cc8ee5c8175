"""The variables of well-known tools: whose credential each is, and how their clients send it. One row each, with its source.

Where one is set in the calling user's environment, the sandbox has a placeholder in it, which becomes the real value in the requests that the
row describes and in no other (`entries`). `credentials.builtin: false` turns the list off; an entry of the same variable in warden.yaml takes a
row's place; `environment.pass` lets the real value in.

`base` names the variable in which tools look for another address of the same API (a gateway, a server of one's own): the user has set it outside, so
its host is one more that the credential is for, and the sandbox sees the variable.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """One variable. `hosts` and `fields` as in a binding (`warden.redact.vault.Binding`)."""

    variable: str
    hosts: tuple[str, ...]
    fields: tuple[str, ...]
    source: str
    base: str = ""


_GITHUB = (
    "api.github.com", "github.com", "uploads.github.com", "raw.githubusercontent.com", "codeload.github.com", "ghcr.io", "*.pkg.github.com",
    "models.github.ai",
)  # fmt: skip
_BEARER = ("bearer",)

KNOWN: tuple[Known, ...] = (
    # Models.
    Known("ANTHROPIC_API_KEY", ("api.anthropic.com",), ("header:x-api-key",), "docs.anthropic.com/en/api/overview", "ANTHROPIC_BASE_URL"),
    Known("ANTHROPIC_AUTH_TOKEN", ("api.anthropic.com",), _BEARER, "docs.anthropic.com/en/docs/claude-code/settings", "ANTHROPIC_BASE_URL"),
    Known("CLAUDE_CODE_OAUTH_TOKEN", ("api.anthropic.com",), _BEARER, "docs.anthropic.com/en/docs/claude-code/settings"),
    Known("OPENAI_API_KEY", ("api.openai.com", "*.api.openai.com"), _BEARER, "platform.openai.com/docs/api-reference", "OPENAI_BASE_URL"),
    Known("CODEX_API_KEY", ("api.openai.com",), _BEARER, "codex exec's own name for it", "OPENAI_BASE_URL"),
    Known("AZURE_OPENAI_API_KEY", ("*.openai.azure.com",), ("header:api-key",), "learn.microsoft.com/azure/ai-services/openai/reference",
          "AZURE_OPENAI_ENDPOINT"),
    Known("GEMINI_API_KEY", ("generativelanguage.googleapis.com",), ("header:x-goog-api-key", "query:key"), "ai.google.dev/gemini-api/docs/api-key"),
    Known("GOOGLE_API_KEY", ("generativelanguage.googleapis.com",), ("header:x-goog-api-key", "query:key"), "ai.google.dev/gemini-api/docs/api-key"),
    Known("GOOGLE_GENERATIVE_AI_API_KEY", ("generativelanguage.googleapis.com",), ("header:x-goog-api-key", "query:key"), "the same, for the AI SDK"),
    Known("AWS_BEARER_TOKEN_BEDROCK",
          ("bedrock-runtime.*.amazonaws.com", "bedrock.*.amazonaws.com", "bedrock-agent-runtime.*.amazonaws.com"), _BEARER,
          "docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html"),
    Known("OPENROUTER_API_KEY", ("openrouter.ai",), _BEARER, "openrouter.ai/docs/api-reference/authentication"),
    Known("MISTRAL_API_KEY", ("api.mistral.ai", "codestral.mistral.ai"), _BEARER, "docs.mistral.ai/api"),
    Known("CODESTRAL_API_KEY", ("codestral.mistral.ai",), _BEARER, "docs.mistral.ai/api"),
    Known("GROQ_API_KEY", ("api.groq.com",), _BEARER, "console.groq.com/docs/api-reference"),
    Known("DEEPSEEK_API_KEY", ("api.deepseek.com",), _BEARER, "api-docs.deepseek.com"),
    Known("XAI_API_KEY", ("api.x.ai",), _BEARER, "docs.x.ai/docs/api-reference"),
    Known("COHERE_API_KEY", ("api.cohere.com", "api.cohere.ai"), _BEARER, "docs.cohere.com/reference/about"),
    Known("CO_API_KEY", ("api.cohere.com", "api.cohere.ai"), _BEARER, "the name that Cohere's SDK reads"),
    Known("TOGETHER_API_KEY", ("api.together.xyz", "api.together.ai"), _BEARER, "docs.together.ai/reference/authentication"),
    Known("FIREWORKS_API_KEY", ("api.fireworks.ai",), _BEARER, "docs.fireworks.ai/api-reference/introduction"),
    Known("CEREBRAS_API_KEY", ("api.cerebras.ai",), _BEARER, "inference-docs.cerebras.ai"),
    Known("PERPLEXITY_API_KEY", ("api.perplexity.ai",), _BEARER, "docs.perplexity.ai"),
    Known("DASHSCOPE_API_KEY", ("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com"), _BEARER, "Qwen's API"),
    Known("MOONSHOT_API_KEY", ("api.moonshot.ai", "api.moonshot.cn"), _BEARER, "platform.moonshot.ai/docs"),
    Known("ZAI_API_KEY", ("api.z.ai",), _BEARER, "docs.z.ai"),
    Known("VOYAGE_API_KEY", ("api.voyageai.com",), _BEARER, "docs.voyageai.com"),
    Known("REPLICATE_API_TOKEN", ("api.replicate.com",), ("bearer", "authorization"), "replicate.com/docs/reference/http; older SDKs send Token"),
    Known("ELEVENLABS_API_KEY", ("api.elevenlabs.io",), ("header:xi-api-key",), "elevenlabs.io/docs/api-reference/authentication"),
    Known("TAVILY_API_KEY", ("api.tavily.com",), ("bearer", "json:api_key"), "docs.tavily.com; older SDKs send it in the body"),
    Known("EXA_API_KEY", ("api.exa.ai",), ("header:x-api-key",), "docs.exa.ai"),
    Known("BRAVE_API_KEY", ("api.search.brave.com",), ("header:x-subscription-token",), "api.search.brave.com"),
    Known("HF_TOKEN", ("huggingface.co", "*.huggingface.co", "*.hf.co"), ("bearer", "basic"), "hf.co/docs/hub/security-tokens; Basic for git"),
    Known("HUGGING_FACE_HUB_TOKEN", ("huggingface.co", "*.huggingface.co", "*.hf.co"), ("bearer", "basic"), "its older name"),
    # Forges and builds.
    Known("GITHUB_TOKEN", _GITHUB, ("authorization",), "docs.github.com/rest/authentication: token, Bearer; Basic for git and packages"),
    Known("GH_TOKEN", _GITHUB, ("authorization",), "cli.github.com/manual/gh_help_environment"),
    Known("GITHUB_PERSONAL_ACCESS_TOKEN", _GITHUB, ("authorization",), "the name that GitHub's MCP server reads"),
    Known("COPILOT_GITHUB_TOKEN", ("api.github.com", "*.githubcopilot.com"), ("authorization",), "docs.github.com/copilot: the CLI"),
    Known("GITLAB_TOKEN", ("gitlab.com",), ("header:private-token", "authorization"), "docs.gitlab.com/api/rest/authentication", "GITLAB_HOST"),
    Known("GITLAB_ACCESS_TOKEN", ("gitlab.com",), ("header:private-token", "authorization"), "glab's older name", "GITLAB_HOST"),
    Known("CI_JOB_TOKEN", ("gitlab.com",), ("header:job-token", "authorization"), "docs.gitlab.com/ci/jobs/ci_job_token", "CI_SERVER_URL"),
    Known("BITBUCKET_TOKEN", ("api.bitbucket.org", "bitbucket.org"), ("authorization",), "developer.atlassian.com/cloud/bitbucket/rest/intro"),
    Known("CIRCLECI_TOKEN", ("circleci.com",), ("header:circle-token", "basic"), "circleci.com/docs/api-developers-guide"),
    Known("CIRCLECI_CLI_TOKEN", ("circleci.com",), ("header:circle-token", "basic"), "circleci.com/docs/local-cli"),
    Known("BUILDKITE_API_TOKEN", ("api.buildkite.com", "graphql.buildkite.com"), _BEARER, "buildkite.com/docs/apis/rest-api"),
    Known("TRAVIS_TOKEN", ("api.travis-ci.com",), ("authorization",), "developer.travis-ci.com/authentication: token"),
    Known("CODECOV_TOKEN", ("codecov.io", "api.codecov.io", "ingest.codecov.io"), ("authorization", "query:token"), "docs.codecov.com/reference"),
    Known("SONAR_TOKEN", ("sonarcloud.io", "*.sonarcloud.io"), ("bearer", "basic"), "docs.sonarsource.com", "SONAR_HOST_URL"),
    Known("SNYK_TOKEN", ("api.snyk.io", "*.snyk.io"), ("authorization",), "docs.snyk.io/snyk-api: token"),
    Known("SEMGREP_APP_TOKEN", ("semgrep.dev",), _BEARER, "semgrep.dev/docs"),
    # Package registries: publishing needs an egress entry too.
    Known("NPM_TOKEN", ("registry.npmjs.org",), _BEARER, "docs.npmjs.com: ${NPM_TOKEN} in .npmrc"),
    Known("NODE_AUTH_TOKEN", ("registry.npmjs.org", "npm.pkg.github.com"), _BEARER, "actions/setup-node's name for it"),
    Known("TWINE_PASSWORD", ("upload.pypi.org", "test.pypi.org"), ("basic",), "twine.readthedocs.io"),
    Known("UV_PUBLISH_TOKEN", ("upload.pypi.org", "test.pypi.org"), ("basic",), "docs.astral.sh/uv/guides/package"),
    Known("POETRY_PYPI_TOKEN_PYPI", ("upload.pypi.org",), ("basic",), "python-poetry.org/docs/repositories"),
    Known("CARGO_REGISTRY_TOKEN", ("crates.io",), ("header:authorization",), "doc.rust-lang.org/cargo/reference: bare"),
    Known("GEM_HOST_API_KEY", ("rubygems.org",), ("header:authorization",), "guides.rubygems.org: bare"),
    Known("DOCKER_HUB_TOKEN", ("hub.docker.com", "auth.docker.io"), ("bearer", "basic", "json:password"), "docs.docker.com/reference/api/hub"),
    # Clouds and hosting.
    Known("DIGITALOCEAN_TOKEN", ("api.digitalocean.com",), _BEARER, "docs.digitalocean.com/reference/api: terraform"),
    Known("DIGITALOCEAN_ACCESS_TOKEN", ("api.digitalocean.com",), _BEARER, "docs.digitalocean.com/reference/doctl"),
    Known("CLOUDFLARE_API_TOKEN", ("api.cloudflare.com",), _BEARER, "developers.cloudflare.com/fundamentals/api"),
    Known("CLOUDFLARE_API_KEY", ("api.cloudflare.com",), ("header:x-auth-key",), "the global key, sent beside X-Auth-Email"),
    Known("HCLOUD_TOKEN", ("api.hetzner.cloud",), _BEARER, "docs.hetzner.cloud"),
    Known("LINODE_TOKEN", ("api.linode.com",), _BEARER, "techdocs.akamai.com/linode-api: terraform"),
    Known("LINODE_CLI_TOKEN", ("api.linode.com",), _BEARER, "linode-cli's name for it"),
    Known("VULTR_API_KEY", ("api.vultr.com",), _BEARER, "vultr.com/api"),
    Known("SCW_SECRET_KEY", ("api.scaleway.com",), ("header:x-auth-token",), "scaleway.com/en/developers/api"),
    Known("EQUINIX_METAL_AUTH_TOKEN", ("api.equinix.com",), ("header:x-auth-token",), "deploy.equinix.com/developers/api"),
    Known("VERCEL_TOKEN", ("api.vercel.com", "vercel.com"), _BEARER, "vercel.com/docs/rest-api"),
    Known("NETLIFY_AUTH_TOKEN", ("api.netlify.com",), _BEARER, "docs.netlify.com/api/get-started"),
    Known("FLY_API_TOKEN", ("api.fly.io", "api.machines.dev", "registry.fly.io"), ("authorization",), "fly.io/docs: Bearer, FlyV1, Basic"),
    Known("HEROKU_API_KEY", ("api.heroku.com",), ("bearer", "basic"), "devcenter.heroku.com/articles/platform-api-reference"),
    Known("RENDER_API_KEY", ("api.render.com",), _BEARER, "render.com/docs/api"),
    Known("RAILWAY_TOKEN", ("backboard.railway.app", "backboard.railway.com"), ("bearer", "header:project-access-token"), "docs.railway.com"),
    Known("SUPABASE_ACCESS_TOKEN", ("api.supabase.com",), _BEARER, "supabase.com/docs/reference/api"),
    Known("NEON_API_KEY", ("console.neon.tech",), _BEARER, "api-docs.neon.tech"),
    Known("TFE_TOKEN", ("app.terraform.io",), _BEARER, "registry.terraform.io/providers/hashicorp/tfe", "TFE_ADDRESS"),
    Known("TF_TOKEN_app_terraform_io", ("app.terraform.io",), _BEARER, "developer.hashicorp.com/terraform/cli/config: for this host"),
    Known("PULUMI_ACCESS_TOKEN", ("api.pulumi.com",), ("authorization",), "pulumi.com/docs: token", "PULUMI_BACKEND_URL"),
    Known("SPACELIFT_API_KEY_SECRET", (), ("json:variables.secret",), "docs.spacelift.io: exchanged by GraphQL", "SPACELIFT_API_KEY_ENDPOINT"),
    Known("VAULT_TOKEN", (), ("header:x-vault-token",), "developer.hashicorp.com/vault/api-docs", "VAULT_ADDR"),
    Known("CONSUL_HTTP_TOKEN", (), ("header:x-consul-token", "bearer"), "developer.hashicorp.com/consul/api-docs", "CONSUL_HTTP_ADDR"),
    Known("NOMAD_TOKEN", (), ("header:x-nomad-token", "bearer"), "developer.hashicorp.com/nomad/api-docs", "NOMAD_ADDR"),
    Known("DATABRICKS_TOKEN", (), _BEARER, "docs.databricks.com/api", "DATABRICKS_HOST"),
    # What watches and who is woken.
    Known("DD_API_KEY", ("*.datadoghq.com", "*.datadoghq.eu", "*.ddog-gov.com"), ("header:dd-api-key", "query:api_key"), "docs.datadoghq.com/api"),
    Known("DD_APP_KEY", ("*.datadoghq.com", "*.datadoghq.eu", "*.ddog-gov.com"), ("header:dd-application-key", "query:application_key"),
          "docs.datadoghq.com/api"),
    Known("DATADOG_API_KEY", ("*.datadoghq.com", "*.datadoghq.eu"), ("header:dd-api-key", "query:api_key"), "older tools' name for it"),
    Known("DATADOG_APP_KEY", ("*.datadoghq.com", "*.datadoghq.eu"), ("header:dd-application-key", "query:application_key"), "likewise"),
    Known("NEW_RELIC_API_KEY", ("api.newrelic.com", "api.eu.newrelic.com"), ("header:api-key", "header:x-api-key"), "docs.newrelic.com/docs/apis"),
    Known("HONEYCOMB_API_KEY", ("api.honeycomb.io", "api.eu1.honeycomb.io"), ("header:x-honeycomb-team",), "api-docs.honeycomb.io"),
    Known("SENTRY_AUTH_TOKEN", ("sentry.io", "*.sentry.io"), _BEARER, "docs.sentry.io/api/auth", "SENTRY_URL"),
    Known("PAGERDUTY_TOKEN", ("api.pagerduty.com",), ("authorization",), "developer.pagerduty.com: Token token="),
    Known("PAGERDUTY_API_KEY", ("api.pagerduty.com",), ("authorization",), "the same, by another name"),
    Known("OPSGENIE_API_KEY", ("api.opsgenie.com", "api.eu.opsgenie.com"), ("authorization",), "docs.opsgenie.com: GenieKey"),
    Known("GRAFANA_TOKEN", ("grafana.com", "*.grafana.net"), _BEARER, "grafana.com/docs/grafana/latest/developers/http_api", "GRAFANA_URL"),
    Known("GRAFANA_API_KEY", ("grafana.com", "*.grafana.net"), _BEARER, "its older name", "GRAFANA_URL"),
    Known("GRAFANA_SERVICE_ACCOUNT_TOKEN", ("grafana.com", "*.grafana.net"), _BEARER, "the name that its MCP server reads", "GRAFANA_URL"),
    # Work and messages.
    Known("SLACK_BOT_TOKEN", ("slack.com", "*.slack.com"), ("bearer", "form:token"), "docs.slack.dev/authentication"),
    Known("SLACK_TOKEN", ("slack.com", "*.slack.com"), ("bearer", "form:token"), "docs.slack.dev/authentication"),
    Known("SLACK_APP_TOKEN", ("slack.com", "*.slack.com"), _BEARER, "docs.slack.dev: socket mode"),
    Known("DISCORD_TOKEN", ("discord.com",), ("authorization",), "discord.com/developers/docs/reference: Bot"),
    Known("TELEGRAM_BOT_TOKEN", ("api.telegram.org",), ("path",), "core.telegram.org/bots/api"),
    Known("LINEAR_API_KEY", ("api.linear.app",), ("header:authorization", "bearer"), "linear.app/developers: bare"),
    Known("NOTION_TOKEN", ("api.notion.com",), _BEARER, "developers.notion.com"),
    Known("NOTION_API_KEY", ("api.notion.com",), _BEARER, "developers.notion.com"),
    Known("AIRTABLE_API_KEY", ("api.airtable.com",), _BEARER, "airtable.com/developers/web/api"),
    Known("ASANA_ACCESS_TOKEN", ("app.asana.com",), _BEARER, "developers.asana.com"),
    Known("FIGMA_TOKEN", ("api.figma.com",), ("header:x-figma-token",), "developers.figma.com/docs/rest-api"),
    Known("JIRA_API_TOKEN", ("*.atlassian.net",), ("basic", "bearer"), "developer.atlassian.com/cloud/jira", "JIRA_URL"),
    Known("ATLASSIAN_API_TOKEN", ("*.atlassian.net", "api.atlassian.com"), ("basic", "bearer"), "developer.atlassian.com"),
    Known("STRIPE_API_KEY", ("api.stripe.com",), ("bearer", "basic"), "docs.stripe.com/api/authentication"),
    Known("STRIPE_SECRET_KEY", ("api.stripe.com",), ("bearer", "basic"), "docs.stripe.com/api/authentication"),
    Known("SENDGRID_API_KEY", ("api.sendgrid.com",), _BEARER, "docs.sendgrid.com/api-reference"),
    Known("MAILGUN_API_KEY", ("api.mailgun.net", "api.eu.mailgun.net"), ("basic",), "documentation.mailgun.com"),
    Known("TWILIO_AUTH_TOKEN", ("api.twilio.com", "*.twilio.com"), ("basic",), "twilio.com/docs/usage/requests-to-twilio"),
    Known("RESEND_API_KEY", ("api.resend.com",), _BEARER, "resend.com/docs/api-reference"),
)  # fmt: skip
