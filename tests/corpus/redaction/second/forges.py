"""Forges and CI servers: their APIs and their job logs."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import api, page


def github_actions_variables(d: Draft) -> None:
    m = d.mint
    rows = [
        {"name": name, "value": value, "created_at": "2025-08-10T14:59:22Z", "updated_at": "2026-01-10T14:59:22Z"}
        for name, value in (
            ("REGISTRY_PASSWORD", d.hide(m.docker())),
            ("ROLE_ARN", d.keep(f"arn:aws:iam::{m.account()}:role/gha")),
            ("TF_TOKEN_APP_TERRAFORM_IO", d.hide(m.terraform_cloud())),
            ("CACHE_KEY_PREFIX", d.keep("linux-node20-" + m.hex(16))),
        )
    ]
    api(d, "GET", "https://api.github.com/repos/example/shop/actions/variables", {"total_count": 4, "variables": rows})


def github_runner_registration(d: Draft) -> None:
    m = d.mint
    answer = {
        "token": d.hide("A" + m.chars(28, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), schema=True),
        "expires_at": d.keep("2026-11-24T12:15:00.000+00:00"),
    }
    api(d, "POST", "https://api.github.com/orgs/example/actions/runners/registration-token", answer)
    d.status = 201
    d.headers["x-github-request-id"] = d.keep(":".join(m.hex(4).upper() for _ in range(5)))


def gitlab_create_runner(d: Draft) -> None:
    m = d.mint
    answer = {"id": 12345, "token": d.hide(m.gitlab("glrt"), schema=True), "token_expires_at": None}
    d.kept('"token_expires_at":null')
    api(
        d,
        "POST",
        "https://gitlab.example.com/api/v4/user/runners",
        answer,
        x_gitlab_meta='{"correlation_id":"' + d.keep(m.chars(26).upper()) + '"}',
    )
    d.status = 201


def circleci_context(d: Draft) -> None:
    m = d.mint
    rows = [
        {"variable": name, "context_id": d.keep(m.uuid()), "created_at": "2026-01-10T14:59:22.000Z", "truncated_value": d.keep(tail)}
        for name, tail in (("AWS_SECRET_ACCESS_KEY", "xxxx8Kq/"), ("HEROKU_API_KEY", "xxxx12ab"))
    ]
    api(
        d,
        "GET",
        "https://circleci.com/api/v2/context/" + m.uuid() + "/environment-variable",
        {"items": rows, "next_page_token": d.keep(m.urlsafe(90))},
    )


def github_actions_log(d: Draft) -> None:
    m = d.mint
    secret = d.hide(m.strong(26))
    text = f"""2026-11-24T10:15:00.1234567Z ##[group]Run actions/checkout@{d.keep(m.sha1())}
2026-11-24T10:15:00.2234567Z with:
2026-11-24T10:15:00.2334567Z   token: {d.keep("***")}
2026-11-24T10:15:00.2434567Z   ssh-strict: true
2026-11-24T10:15:02.0000001Z ::add-mask::{secret}
2026-11-24T10:15:02.1000001Z + ./deploy.sh --target prod --api-token {secret}
2026-11-24T10:15:02.5000001Z > DATABASE_URL=postgres://ci:{d.hide(m.chars(20))}@localhost:5432/test npm run migrate
2026-11-24T10:15:03.1000001Z npm notice integrity: {d.keep(m.integrity())}
2026-11-24T10:15:04.1000001Z Cache restored from key: {d.keep("node-cache-Linux-x64-npm-" + m.sha256())}
2026-11-24T10:15:05.1000001Z tokenizer: 48,211 tokens in 3.2 s; author: dependabot[bot]
"""
    d.kept("tokenizer: 48,211 tokens in 3.2 s; author: dependabot[bot]")
    page(d, "https://pipelines.actions.githubusercontent.com/logs/job-7.txt", text)


def jenkins_job_config(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version='1.1' encoding='UTF-8'?>
<project>
  <properties>
    <hudson.model.ParametersDefinitionProperty>
      <hudson.model.PasswordParameterDefinition>
        <name>DEPLOY_PASSWORD</name>
        <defaultValue>{d.hide(m.password())}</defaultValue>
      </hudson.model.PasswordParameterDefinition>
      <hudson.model.StringParameterDefinition>
        <name>COMMIT</name>
        <defaultValue>{d.keep(m.sha1())}</defaultValue>
      </hudson.model.StringParameterDefinition>
    </hudson.model.ParametersDefinitionProperty>
  </properties>
  <scm class="hudson.plugins.git.GitSCM" plugin="git@5.5.2">
    <url>https://svc-build:{d.hide(m.github())}@github.com/example/shop.git</url>
    <credentialsId>{d.keep(m.uuid())}</credentialsId>
  </scm>
  <authToken>{d.hide(m.chars(32))}</authToken>
</project>
"""
    page(d, "https://jenkins.example.com/job/deploy/config.xml", text, "application/xml")
