"""Secrets that the text around them marks: headers, URLs, command lines, configuration files."""

from __future__ import annotations

from warden.redact.patterns.rule import Rule

# A value that is a reference and not a secret: $VAR, ${VAR}, {{ var }}, <placeholder>, %VAR%, ***.
_NOT_REFERENCE = r"(?!\$[A-Za-z_{(]|\{\{|<|%[A-Z_]{1,40}%|\*{2}|x{4,}|\.{3}|\[|@)"

# One rule a line, however long.
# fmt: off
RULES = (
    Rule("url-password", ("://",), r"(?<=[A-Za-z0-9+])://[^\s/@:\"'<>\\?#]{0,256}:" + _NOT_REFERENCE + r"([^\s/@\"'<>\\?#]{1,256})@(?=[A-Za-z0-9\[])", yes=("postgres://user:<<{a12}>>@db.example:5432/x", "https://:<<{a12}>>@host/", "redis://default:<<{a9}>>@r"), no=("https://example.com:443/a@b", "https://user@host/", "postgres://user:${PASSWORD}@db", "https://h/a:b@c")),
    Rule("authorization-credential", ("authorization",), r"(?:Proxy-)?(?i:authorization)[\"'\\]{0,3}[ \t]{0,4}[:=,][ \t]{0,4}[\"'\\]{0,3}(?:(?i:bearer|basic|token|api-token|apikey|digest|negotiate|oauth|key|splunk)[ \t]{1,4})?" + _NOT_REFERENCE + r"([A-Za-z0-9+/=_~.:@-]{8,4096})", entropy=2.8, yes=("Authorization: Bearer <<{a40}>>", "curl -H 'Authorization: Basic <<{B24}==>>'", '"authorization": "Token <<{h40}>>"'), no=("Authorization: AWS4-HMAC-SHA256 Credential=AK", "authorization: Bearer $TOKEN", '"authorizationType": "NONE"', '"Authorization": "CUSTOM"')),
    Rule("bearer-credential", ("bearer ",), r"(?i:bearer) " + _NOT_REFERENCE + r"([A-Za-z0-9+/=_~.-]{20,4096})", entropy=3.5, yes=("token is Bearer <<{a40}>>",), no=("bearer token_authentication is enabled", "Bearer authentication-required-here")),
    Rule("api-key-header", ("x-api-key", "apikey", "api-key", "api-token", "x-auth-token", "x-vault-token", "private-token", "job-token", "x-consul-token", "token: "), r"(?i:x-api-key|[\w-]{0,20}apikey|api-key|api-token|x-auth-token|x-vault-token|(?:private|job)-token|x-consul-token|token): {1,4}" + _NOT_REFERENCE + r"([A-Za-z0-9+/=_.-]{8,512})(?=[\"'])", entropy=2.8, yes=('-H "X-Api-Key: <<{a32}>>"', "-H 'PRIVATE-TOKEN: <<{a20}>>'"), no=("api-key: x",)),
    Rule("curl-user", ("curl ",), r"curl [^\n]{0,400}?(?:\\\n[^\n]{0,200}?){0,3}(?<=[ \t])(?:-u[ \t=]?|--(?:proxy-)?user[ =]{1,4}|-U[ \t])[ \t]{0,4}(?:\"([^\s\"]{0,100}:[^\s\"]{0,100})\"|'([^\s':]{0,100}:[^']{1,100})'|([^\s\"'$:]{1,100}:(?:'[^']{1,100}'|[^\s\"'$]{3,100}))|(\"[^\"]{1,100}\":\"[^\"]{1,100}\"))", entropy=2.0, yes=("curl -u <<admin:{a12}>> https://x", "curl -s --user 'api:{a12}' https://x"), no=("curl -u user https://x", "curl -u $U:$P https://x", "curl -s https://x:443/ -o f")),
    Rule("sshpass", ("sshpass",), r"sshpass[ \t]{1,4}-p[ \t]{0,4}[\"']?" + _NOT_REFERENCE + r"([^\s\"']{1,128})", yes=("sshpass -p '<<{a10}>>' ssh h", "sshpass -p<<{a10}>> ssh"), no=("sshpass -p $PASS ssh", "sshpass -e ssh")),
    Rule("mysql-password", ("mysql", "mariadb"), r"(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump) [^\n|;]{0,200}?(?<=[ \t])-p[\"']?" + _NOT_REFERENCE + r"([^\s\"'-][^\s\"']{0,127})", yes=("mysql -u root -p<<{a10}>> db",), no=("mysql -u root -p db", "mysql -p$PASS")),
    Rule("password-flag", ("--password", "--passwd", "--pass", "-password", "--token", "--secret", "--api-key", "--access-token", "--client-secret", "--secret-key", "--docker-password", "--auth-token", "--admin-password"), r"-{1,2}(?:[a-z]{1,20}-){0,2}(?:password|passwd|pass|token|secret|api-key|secret-key)[ =]{1,2}[\"']?" + _NOT_REFERENCE + r"(?!-)([^\s\"'\\<>,)]{6,512})", entropy=2.5, yes=("mysql --password=<<{a12}>>", "az login -u x --password <<{a12}>>", "helm --docker-password <<{a16}>>", "x --token <<{a30}>>"), no=("--password $PW", "--password-stdin", "--token <token>", "--password --user")),
    Rule("password-variable", ("pgpassword", "mysql_pwd", "redis_password", "rediscli_auth", "vault_token=", "sshpass=", "restic_password", "borg_passphrase", "ansible_password", "ansible_become_pass", "ansible_ssh_pass"), r"(?:PGPASSWORD|MYSQL_PWD|REDIS_PASSWORD|REDISCLI_AUTH|VAULT_TOKEN|SSHPASS|RESTIC_PASSWORD|BORG_PASSPHRASE|ansible_(?:become_|ssh_)?pass(?:word)?)=[\"']?" + _NOT_REFERENCE + r"([^\s\"'\\&;]{1,256})", yes=("PGPASSWORD=<<{a10}>> psql -h x", "ansible_password=<<{a10}>>"), no=("PGPASSWORD=$PW psql", "PGPASSWORD=${PW}")),
    Rule("netrc-password", ("machine ",), r"machine[ \t]{1,4}[\w.-]{1,253}\s{1,8}login[ \t]{1,4}\S{1,128}\s{1,8}password[ \t]{1,4}(\S{1,256})", yes=("machine h.example login u password <<{a12}>>",), no=("machine learning password x",)),
    Rule("pgpass-line", (":5432:",), r":5432:[^\s:]{1,64}:[^\s:]{1,64}:([^\s:]{4,128})", yes=("db.example:5432:app:user:<<{a12}>>",), no=("db.example:5432:tcp",)),
    Rule("connection-string-password", ("password=", "pwd=", "password%3d"), r"(?i:password|pwd)=" + _NOT_REFERENCE + r"[\"']?([^\s;\"'&<>\\,]{4,256})(?=[;\"'&\s\\]|$)", entropy=2.2, yes=("Server=tcp:x,1433;User ID=u;Password=<<{a14}>>;Encrypt=True", "jdbc:postgresql://h/db?user=u&password=<<{a14}>>"), no=("password=${PW};", "password=", "Pwd=%PW%;")),
    Rule("nuget-password", ("password",), r"(?i:password)[\"'][ \t]{1,8}value=[\"']" + _NOT_REFERENCE + r"([^\"'\s]{4,256})[\"']", yes=('<add key="ClearTextPassword" value="<<{a14}>>" />',), no=('<add key="Password" value="%PW%" />',)),
    Rule("htpasswd-hash", (":$apr1$", ":$2y$", ":$2a$", ":$2b$", ":$6$", ":$5$", ":$1$", ":{sha}"), r":(\$(?:apr1|1|5|6|2[aby])\$[A-Za-z0-9./$=]{20,150}|\{SHA\}[A-Za-z0-9+/]{27}=)", yes=("u:<<$apr1${a8}${a22}>>",), no=("x:$1",)),
    Rule("contribsys-url", ("@gems.contribsys.com", "@enterprise.contribsys.com"), r"(?<![A-Za-z0-9])([a-f0-9]{8}:[a-f0-9]{8})@", back=17, yes=("http://<<{h8}:{h8}>>@gems.contribsys.com",), no=("u@gems.contribsys.com",)),
)
# fmt: on
