"""The hosts that can be reached without any configuration, so that an agent can work: one entry of the egress list each, with its reason.

Data, read by :mod:`warden.config`; what an entry means is in :mod:`warden.dialects.egress`. What belongs here: what a model needs to be asked, and
what package managers and `git clone` fetch from, for reading. What does not: telemetry, crash reports, hosts where anybody's paste or upload can be
*written* without an account of the user's, and hosts that a cloud dialect rules on (Google's, AWS's). Every entry is a way out for whoever can
read that host's logs (SECURITY.md), so one that no default tool needs is left for the configuration.
"""

from __future__ import annotations

# RFC 9110 section 9.3 and RFC 5789; WebDAV's (RFC 4918, 3253, 5323).
#: The methods that an entry may name: a misspelt one would silently allow nothing.
METHODS = (
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT",
    "SEARCH",
)  # fmt: skip

#: Models: every method, because asking one is a POST with whatever the agent has read.
MODELS = {
    "https://api.anthropic.com": "Claude's API: claude, aider, goose, ...",
    "POST https://console.anthropic.com/v1/oauth/token": "renews the login of claude's subscribers",
    "POST https://platform.claude.com/v1/oauth/token": "the same, at its newer address",
    "https://api.openai.com": "OpenAI's API: codex, aider, ...",
    "POST https://auth.openai.com/oauth/token": "renews the login of codex's subscribers",
    "https://chatgpt.com/backend-api/codex/*": "what codex asks when it is logged in with a subscription",
    "https://openrouter.ai/api/*": "OpenRouter, which many agents offer as their gateway",
    "https://api.mistral.ai": "Mistral's API",
    "https://api.deepseek.com": "DeepSeek's API",
    "https://api.groq.com": "Groq's API",
    "https://api.x.ai": "xAI's API",
    "https://api.githubcopilot.com": "GitHub Copilot's API",
}

#: Package registries: reading. Publishing is a PUT or POST, and needs an entry of its own.
REGISTRIES = {
    "read https://pypi.org": "pip, uv, poetry: the index",
    "read https://files.pythonhosted.org": "pip, uv, poetry: the files",
    "read https://conda.anaconda.org": "conda, mamba: community channels",
    "read https://repo.anaconda.com": "conda: the default channel",
    "read https://registry.npmjs.org": "npm, pnpm, bun: index and files",
    "read https://registry.yarnpkg.com": "yarn: the same registry under its name",
    "read https://nodejs.org": "node-gyp's headers, and node itself",
    "read https://jsr.io": "deno and others: index and files",
    "read https://npm.jsr.io": "the same packages, as npm asks for them",
    "read https://index.crates.io": "cargo: the index",
    "read https://static.crates.io": "cargo: the files",
    "read https://crates.io": "cargo search, and older cargo's downloads",
    "read https://static.rust-lang.org": "rustup: toolchains",
    "read https://proxy.golang.org": "go: modules and toolchains",
    "read https://sum.golang.org": "go: the checksum database",
    "read https://repo.maven.apache.org": "maven, gradle: Maven Central",
    "read https://repo1.maven.org": "the same, under its older name",
    "read https://plugins.gradle.org": "gradle: plugins",
    "read https://services.gradle.org": "gradle's wrapper: gradle itself",
    "read https://rubygems.org": "gem, bundler: files and API",
    "read https://index.rubygems.org": "bundler: the index",
    "read https://repo.packagist.org": "composer: the index",
    "read https://packagist.org": "composer: search",
    "read https://api.nuget.org": "dotnet: index and files",
    "read https://repo.hex.pm": "mix, rebar3: index and files",
    "read https://hex.pm": "mix: search and API",
    "read https://pub.dev": "dart, flutter: index and files",
    "read https://cpan.metacpan.org": "cpanm: files",
    "read https://fastapi.metacpan.org": "cpanm: the index",
    "read https://cloud.r-project.org": "R: CRAN",
    "read https://registry.terraform.io": "terraform: providers' and modules' index",
    "read https://releases.hashicorp.com": "terraform: the providers of its maker",
}

#: Systems' packages. Plain HTTP too where that is what apt and apk ask for by default: what they fetch is signed, and they verify it; that anybody
#: on the way can read *which* packages are fetched is so on every such machine.
SYSTEMS = {
    "read deb.debian.org": "apt on Debian",
    "read security.debian.org": "apt on Debian: security updates",
    "read archive.ubuntu.com": "apt on Ubuntu",
    "read security.ubuntu.com": "apt on Ubuntu: security updates",
    "read ports.ubuntu.com": "apt on Ubuntu for ARM",
    "read https://dl-cdn.alpinelinux.org": "apk on Alpine",
    "read https://formulae.brew.sh": "brew: the index",
}

#: Forges: reading, which is fetching, GET, and GraphQL's queries. A push needs an entry of its own.
FORGES = {
    "read https://github.com": "git clone and fetch, release pages",
    "read https://api.github.com": "its API: GET, and GraphQL's queries",
    "read https://codeload.github.com": "archives of repositories",
    "read https://raw.githubusercontent.com": "single files of repositories",
    "read https://objects.githubusercontent.com": "release files",
    "read https://release-assets.githubusercontent.com": "release files, at their newer address",
    "read https://media.githubusercontent.com": "single files that are in git LFS",
    "read https://github-cloud.githubusercontent.com": "git LFS: downloads",
    "read https://gitlab.com": "git clone and fetch, its API",
    "read https://bitbucket.org": "git clone and fetch",
    "read https://api.bitbucket.org": "its API",
    "read https://codeberg.org": "git clone and fetch, its API",
    "read https://git.sr.ht": "git clone and fetch",
}

#: Entry -> why it is there.
HOSTS = {**MODELS, **REGISTRIES, **SYSTEMS, **FORGES}
