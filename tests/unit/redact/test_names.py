"""The names layer: what counts as a credential's name, what as its value, and where in a text the two are."""

from __future__ import annotations

import time

import pytest

from warden.redact.names import find
from warden.redact.naming import Kind, kind_of

NAMES = [
    ("password", Kind.PASSWORD), ("DB_PASSWORD", Kind.PASSWORD), ("masterUserPassword", Kind.PASSWORD), ("spring.datasource.password", Kind.PASSWORD),
    ("db_password_2", Kind.PASSWORD), ("SSH_PASSPHRASE", Kind.PASSWORD), ("requirepass", Kind.PASSWORD), ("PGPASSWORD", Kind.PASSWORD),
    ("APIToken2", Kind.TOKEN), ("apiKey", Kind.TOKEN), ("x-api-key", Kind.TOKEN), ("aws_secret_access_key", Kind.TOKEN), ("SecretAccessKey", Kind.TOKEN),
    ("SessionToken", Kind.TOKEN), ("bootstrap-token", Kind.TOKEN), ("clientSecret", Kind.SECRET), ("SECRET_KEY_BASE", Kind.TOKEN), ("ses_smtp_password_v4", Kind.PASSWORD), ("SecretString", Kind.SECRET),
    ("nextToken", Kind.NONE), ("next_page_token", Kind.NONE), ("NextContinuationToken", Kind.NONE), ("ClientRequestToken", Kind.NONE), ("tokenType", Kind.NONE),
    ("token_ttl", Kind.NONE), ("max_tokens", Kind.NONE), ("prompt_tokens", Kind.NONE), ("passwordResetRequired", Kind.NONE), ("PasswordLastUsed", Kind.NONE),
    ("secretName", Kind.NONE), ("SecretId", Kind.NONE), ("AccessKeyId", Kind.NONE), ("publicKey", Kind.NONE), ("objectKey", Kind.NONE), ("automountServiceAccountToken", Kind.NONE),
    ("require_password", Kind.NONE), ("compass", Kind.NONE), ("bypass", Kind.NONE), ("imagePullSecrets", Kind.NONE), ("cancellationToken", Kind.TOKEN),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), NAMES)
def test_a_name_says_what_is_behind_it(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind


#: A text, and the values that are secret in it.
FOUND = [
    ('{"name":"DB_PASSWORD","value":"hunter22"}', ["hunter22"]),
    ('{"Name": "API_TOKEN", "Type": "PLAINTEXT", "Value": "a8f3b2c19d77e1"}', ["a8f3b2c19d77e1"]),
    ('{"value":"a8f3b2c19d77","name":"API_KEY"}', ["a8f3b2c19d77"]),
    ('{"ParameterKey":"DbPassword","ParameterValue":"Tr0ub4dor"}', ["Tr0ub4dor"]),
    ('{"admin_password":{"sensitive":true,"type":"string","value":"Zx9!kk"}}', ["Zx9!kk"]),
    ('{"tokens": ["abcdef0123456789", "fedcba9876543210"]}', ["abcdef0123456789", "fedcba9876543210"]),
    ("password: hunter2\n", ["hunter2"]),
    ("db:\n  password: 'it''s'\n", ["it''s"]),
    ("password: |\n  first9\n  second9\nnext: x\n", ["first9\n  second9"]),
    ("- name: API_KEY\n  value: a8f3b2c19d77\n", ["a8f3b2c19d77"]),
    ("DB_PASSWORD=postgres\nAPI_TOKEN=\"abc123def456ghi7\"\n", ["postgres", "abc123def456ghi7"]),
    ("export GITHUB_TOKEN=0123456789abcdef0123\n", ["0123456789abcdef0123"]),
    ("<Password>S3cret!</Password>", ["S3cret!"]),
    ('<property name="password" value="Winter9"/>', ["Winter9"]),
    ('<entry key="db.password">Winter9</entry>', ["Winter9"]),
    ("<Key>DB_PASSWORD</Key><Value>Winter9</Value>", ["Winter9"]),
    ("mysql --password hunter22 --host x", ["hunter22"]),
    ("mysql --password=hunter22 --host x", ["hunter22"]),
    ('{"url":"https://x.example/?token=0a1b2c3d4e5f6071&page=2"}', ["0a1b2c3d4e5f6071"]),
    ("config['password'] = 'Winter9'", ["Winter9"]),
    ('{"Name":"/shop/prod/db/password","Type":"SecureString","Value":"Spring24"}', ["Spring24"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "secrets"), FOUND)
def test_values_of_credential_names_are_found(text: str, secrets: list[str]) -> None:
    raw = text.encode()
    assert [raw[hit.start : hit.end].decode() for hit in find(raw)] == secrets


#: Texts in which nothing is secret.
FINE = [
    '{"NextToken":"AAQA-EFRSURBSGhVb1ZnWkx0Nk1zQ0","tokenType":"Bearer","secretName":"db-credentials"}',
    '{"PasswordLastUsed":"2024-01-01T00:00:00Z","PasswordResetRequired":false,"password":null,"token":""}',
    '{"password":"${DB_PASSWORD}","token":"{{ .Values.token }}","secret":"<secret>","apiKey":"********"}',
    '{"secret":"db-credentials","secretArn":"arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf"}',
    '{"valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}',
    '{"type":"password","label":"Password"}',
    "Enter password: \nPassword reset for user alice.\ntoken: expired\n",
    "secretName: tls-cert\nserviceAccountToken:\n  path: token\n",
    "tokens: 4096\nmax_tokens: 1024\n",
    '{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf12","valueFrom":"x:secret:db-17fKjt9:password::"}',
    "primary_key: id\nforeign_key: user_id\n",
]


@pytest.mark.parametrize("text", FINE)
def test_what_only_looks_like_a_credential_is_left(text: str) -> None:
    raw = text.encode()
    assert [raw[hit.start : hit.end] for hit in find(raw)] == []


@pytest.mark.parametrize(
    "text",
    [b"password" * 100_000, b'"password":"' * 60_000, b"password=" * 80_000, b"<password>" * 80_000, b"password: |\n" * 60_000, b'{"name":"password","value' * 30_000,
     b"token" + b" " * 900_000, b'"value":"' + b"a" * 500_000 + b'","name":"password"', b"password {" + b"a" * 900_000, b"password\\" * 80_000],
)  # fmt: skip
def test_no_text_takes_long(text: bytes) -> None:
    """A megabyte of what matches half: linear, or this takes minutes."""
    started = time.process_time()
    find(text)
    assert time.process_time() - started < 10
