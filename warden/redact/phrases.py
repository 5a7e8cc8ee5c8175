"""Secrets by the words around them, where neither a name with a sign nor the value's look tells: directives, command lines, sentences of logs.

One line each: a literal that is looked for first, or several, and the expression whose first group is the secret, tried from the start of the literal's line.
"""

from __future__ import annotations

import re

from ahocorasick_rs import BytesAhoCorasick

from warden.redact import manifests
from warden.redact.hit import Hit
from warden.redact.plausible import stands_for

#: Bytes around a literal that are looked at.
_BEFORE, _AFTER = 200, 2048

_RULES: tuple[tuple[str, bytes | tuple[bytes, ...], bytes], ...] = (
    ("haproxy-stats", b"stats auth", rb"stats auth\s+[^\s:]+:(\S+)"),
    ("haproxy-user", b"insecure-password", rb"insecure-password\s+(\S+)"),
    ("redis-cli", b"redis-cli", rb"redis-cli\b[^\n|;]{0,200}?\s(?:-a|--pass)[ =]([^\s'\"]+)"),
    ("mongo-shell", b"mongo", rb"mongo(?:sh|dump|restore|export|import)?\b[^\n|;]{0,200}?\s-p[ =]?([^\s'\"-][^\s'\"]*)"),
    ("ldap-bind", b"ldap", rb"ldap(?:search|modify|add|delete|whoami)\b[^\n|;]{0,200}?\s-w[ =]?([^\s'\"-][^\s'\"]*)"),
    ("smb-user", b"smbclient", rb"smbclient\b[^\n|;]{0,200}?\s-U[ =]?[^\s%]+%(\S+)"),
    ("windows-pass", b"/pass:", rb"/pass:(\"?)([^\s\"]+)"),
    ("net-user", b"net user", rb"(?i)net user\s+\S+\s+([^\s/]{6,})"),
    ("powershell-secure-string", b"ConvertTo-SecureString", rb"ConvertTo-SecureString\s+(?:-String\s+)?[\"']([^\"'\n]{4,512})[\"']"),
    ("powershell-credential", b"PSCredential", rb"PSCredential\s*\(?\s*[\"'][^\"'\n]+[\"']\s*,\s*[\"']([^\"'\n]{4,512})[\"']"),
    ("github-mask", b"::add-mask::", rb"::add-mask::([^\s\"']{4,512})"),
    ("azure-mask", b"issecret=true", rb"issecret=true\](\S{4,512})"),
    ("oauth-code", b"code=", rb"[?&]code=([A-Za-z0-9/_.~%-]{20,512})"),
    ("signed-url", b"Signature=", rb"[?&;](?:Signature|X-Goog-Signature|x-oss-signature|X-Cos-Signature)=([A-Za-z0-9%/+_~=-]{40,1024})"),
    ("jwt-signing-key", b"Jwt", rb"\"Jwt[A-Za-z]*\"\s*:\s*\{[^{}]{0,400}?\"Key\"\s*:\s*\"([^\"\\]{16,512})\""),
    ("chpasswd", b"chpasswd", rb"echo\s+[\"']?[^\s:\"']+:([^\s\"'|]{4,256})[\"']?\s*\|\s*(?:sudo\s+)?chpasswd"),
    ("docker-login", b"docker login", rb"docker login\b[^\n|;]{0,200}?\s-p[ =]?([^\s'\"-][^\s'\"]*)"),
    ("password-stdin", b"-stdin", rb"(?:echo|printf)\s+(?:-n\s+)?[\"']?([^\s\"'$|]{6,512})[\"']?\s*\|[^\n|]{0,200}--password-stdin"),
    ("ppp-secret", b"chap", rb"\n[\w.@*\"-]+\s+[\w.*\"-]+\s+\"?([^\s\"#]{6,128})\"?\s+\*"),
    ("identified-by", b"identified", rb"(?i)identified (?:with \w+ )?by\s+(?:password\s+)?['\"]([^'\"\n]{4,256})['\"]"),
    ("with-password", b"password '", rb"(?i)password '([^'\n]{4,256})'"),
    ("azure-sas", b"sig=", rb"[?&]sig=([A-Za-z0-9%+/_=-]{40,200})"),
    ("sqlcmd", b"sqlcmd", rb"sqlcmd\b[^\n|;]{0,200}?\s-P[ =]?[\"']?([^\s'\"][^\s'\"]{3,127})"),
    ("htpasswd", b"htpasswd", rb"htpasswd\s+-\w*b\w*\s+\S+\s+[\"']?[^\s\"']+[\"']?\s+[\"']?([^\s'\"]{4,128})"),
    ("net-use", b"net use", rb"(?i)net use\b[^\n]{0,160}?/user:\S+\s+([^\s\"/]{4,128})"),
    ("useradd", (b"useradd", b"usermod"), rb"user(?:add|mod)\b[^\n|;]{0,160}?\s-p[ =]?[\"']?([^\s'\"$][^\s'\"]{3,127})"),
    ("netlify-auth", b"netlify", rb"netlify\b[^\n|;]{0,160}?--auth[ =]([\w-]{16,128})"),
    ("redis-config", b"requirepass", rb"requirepass\\?\"\s*(?:\\n)?\s*2\) \\?\"([^\"\\\n]{4,256})"),
    ("redis-auth", b'"auth"', rb"\"AUTH\"(?:\s*,\s*\"[^\"\n]{1,64}\")?\s*,\s*\"([^\"\n]{4,256})\"\s*\]"),
    ("redis-wire", (b"auth\\r", b"auth\r\n$"), rb"AUTH(?:\\r\\n|\r\n)\$\d+(?:\\r\\n|\r\n)([^\\\s]{4,256})"),
    ("redis-genpass", b"genpass", rb"GENPASS(?: \d+)?\s*\n\"([0-9a-f]{16,128})\""),
    ("ftp-pass", b"pass ", rb"(?<![^\n])PASS (?!:)([^\s]{4,128})[ \t]*(?:\r?\n|$)"),
    ("imap-login", b" login ", rb"(?<![^\n])\w{1,8} LOGIN \"?[^\s\"]{1,128}\"? \"?([^\s\"]{4,128})\"?\s*(?:\r?\n|$)"),
    ("sasl-plain", b" plain ", rb"AUTH(?:ENTICATE)? PLAIN ([A-Za-z0-9+/]{12,512}={0,2})"),
    ("jsonpath-decoded", b"jsonpath", rb"jsonpath=[^\n]{0,160}\|[ ]*base64 (?:-d|--decode|-D)[^\n]{0,40}\n([^\s$]{4,512})"),
    ("shown-file", b"cat /", rb"\bcat \S*(?:private|secret|passw|token|credential)\S*\n([A-Za-z0-9+/=_.~-]{16,512})[ \t]*(?:\r?\n|$)"),
    ("aws-text", b"credentials\t", rb"CREDENTIALS\t(?:ASIA|AKIA)[A-Z0-9]{12,20}\t\S+\t([A-Za-z0-9/+]{40})"),
    ("fortios", b"set psk", rb"set psk(?:secret)? (?!ENC )\"?([^\s\"]{4,128})"),
    ("junos-text", b"ascii-text", rb"ascii-text \\?\"((?!\$9\$)[^\"\\\n]{4,128})"),
    ("junos-auth", b"authentication-key", rb"authentication-key (?!\\?\"?\$9\$)\\?\"?([^\s\"\\;]{4,128})"),
    ("squid-peer", b"login=", rb"\blogin=[^\s:=*]{1,64}:([^\s]{4,128})"),
    ("ipsec", (b": eap ", b": psk ", b": xauth "), rb":\s*(?:EAP|XAUTH|NTLM|PSK)\s+\"([^\"\n]{4,256})\""),
    ("postfix-relay", (b"]:25", b"]:465", b"]:587", b"]:submission"), rb"(?<![^\n])\[[\w.-]{1,253}\]:\w{2,10}\s+[^\s:]{1,128}:([^\s]{4,256})"),
    ("pgbouncer-user", b'\n"', rb"(?<![^\n])\"[\w.@-]{1,64}\" \"((?!md5[0-9a-f]{32}|SCRAM-)[^\"\n]{4,256})\"[ \t]*(?:\r?\n|$)"),
    ("snmp-community", b"community", rb"(?:<r[ow]community>|\bcommunity[ \t]*[:=][ \t]*[\"'])([^\"'<\n]{4,64})[\"'<]"),
    ("kickstart", b"rootpw", rb"rootpw\s+(?:--plaintext\s+)?((?!--|\$[0-9y]\$)[^\s]{4,128})"),
    ("boot-command", b"<enter>", rb"root<enter>(?:<wait\d*s?>)*([^\s<>]{4,64})<enter>"),
    ("zabbix-macro", b'"macro"', rb"\"macro\"\s*:\s*\"\{\$[^}\"]{0,64}(?:PASS|SECRET|TOKEN|COMMUNITY|KEY|PWD)[^}\"]{0,64}\}\"\s*,\s*\"value\"\s*:\s*\"([^\"\n]{4,256})\""),
    ("passwords-of", b'"password', rb"\"passwords?\"\s*:\s*\{\s*\"[\w.-]{1,40}\"\s*:\s*\"((?=[^\"]{0,128}[0-9])(?=[^\"]{0,128}[A-Za-z])[^\"\s\\]{6,128})\""),
    ("short-word", b"pw:", rb"\b[Pp][Ww]:[ \t]{1,4}((?=\S{0,64}[0-9])(?=\S{0,64}[A-Za-z])[^\s\"\\,;]{6,128})"),
    ("key-auth", b'"key-auth"', rb"\"key-auth\"\s*:\s*\{[^{}]{0,200}?\"key\"\s*:\s*\"([^\"\n]{8,256})\""),
    ("tsig", b'"hmac-', rb"\"hmac-(?:sha\d{1,3}|md5)[^\"]{0,24}\"\s*,\s*\"(?:key|secret)\"\s*:\s*\"([A-Za-z0-9+/]{16,256}={0,2})\""),
    ("crypt-key", b"'crypt'", rb"'crypt'\s*=>\s*\[\s*'key'\s*=>\s*'([^'\n]{16,256})'"),
    ("ceph-key", b"key = aq", rb"key = (AQ[A-Za-z0-9+/]{36}==)"),
    ("rabbitmqctl", b"rabbitmqctl", rb"rabbitmqctl\s+(?:add_user|change_password)\s+\S+\s+[\"']?([^\s\"']{4,256})"),
    ("nmcli", b"nmcli", rb"nmcli\b[^\n|;]{0,200}?\spassword\s+[\"']?([^\s\"']{8,128})"),
    ("argv-password", b"mysql", rb"\"(?:mysql|mariadb)[\w-]*\"(?:\s*,\s*\"[^\"\n]{0,200}\"){0,12}?\s*,\s*\"-p([^\"\n]{4,256})\""),
    ("minio-alias", b"alias set", rb"\balias set\s+\S+\s+https?://\S+\s+\S+\s+([^\s\"']{8,256})"),
    ("lftp-user", b"lftp", rb"lftp\b[^\n|;]{0,200}?\s-u[ =]?[^\s,]+,([^\s'\"]{4,256})"),
    ("passwd-stdin", b"passwd", rb"(?:echo|printf)\s+(?:-n\s+)?[\"']?([^\s\"'$|]{6,512})[\"']?\s*\|\s*(?:sudo\s+)?passwd\b"),
    ("redis-acl", b"on >", rb"\buser [\w.-]{1,64} (?:on|off) (?:[^\s\">]{1,64} ){0,4}>([^\s\"]{4,256})"),
    ("nginx-secure-link", b"secure_link_md5", rb"secure_link_md5\s+\"[^\"\n]{0,200}?\s([^\s\"$]{8,256})\""),
    ("nginx-compared", b"$http_", rb"\$http_\w*(?:key|token|secret|auth)\w*\s*!?=\s*[\"']([^\"'\n]{8,256})[\"']"),
    ("ios-password", b"password ", rb"\b(?:username|enable)\b[^\n]{0,80}?\bpassword (?:0 )?((?!7 |encrypted)[^\s\"]{4,128})[ \t]*(?:\r?\n|$)"),
    ("ios-isakmp", b"isakmp key", rb"isakmp key (?:0 )?(\S{4,128}) (?:address|hostname)"),
    ("ios-snmp", b"snmp-server community", rb"snmp-server community (?:0 )?([^\s\"]{4,128})"),
    ("ios-tacacs", b"tacacs", rb"(?:tacacs|radius)(?: server |-server )[^\n]{0,80}\n(?:[ \t][^\n]{0,120}\n){0,4}?[ \t]+key (?:0 )?((?!7 |6 )[^\s\"]{4,128})"),
    ("ios-tacacs-key", b"acs-server key", rb"tacacs-server key (?:0 )?((?!7 )[^\s\"]{4,128})"),
    ("mysql-dsn", (b"@tcp(", b"@unix("), rb"[\w.-]{1,64}:([^\s@\"'/]{4,256})@(?:tcp|unix)\("),
    ("pgpass", b":*:", rb"(?<![^\n])(?:[^\s:]{1,253}|\*):(?:\d{1,5}|\*):[^\s:]{1,64}:[^\s:]{1,64}:([^\s:][^\s]{3,127})[ \t]*(?:\r?\n|$)"),
    ("root-slash", b"root /", rb"\broot / ((?=[^\s]{0,64}[0-9~!@#$%^&*+=?])(?=\S{0,64}[a-z])(?=\S{0,64}[A-Z])[^\s\"\\]{8,64})"),
    ("ticket", b"ticket=", rb"[?&#](?:\w{0,20}_)?ticket=([A-Za-z0-9._~-]{16,512})"),
    ("session-cookie-id", b"SESSIONID", rb"(?:J|ASP\.NET_)SESSIONID=([A-Za-z0-9.!_-]{16,512})"),
    ("session-cookie-value", b"_session=", rb"\b\w{2,40}_session=([A-Za-z0-9%._=+/-]{24,4096})"),
    ("cookie-sid", b"connect.sid=", rb"connect\.sid=([A-Za-z0-9%:._+/-]{16,512})"),
    ("session-cookie", b"SESSID", rb"(?:J|PHP|ASP\.NET_)SESSI(?:ON)?ID=([A-Za-z0-9.!_-]{16,512})"),
    ("git-extraheader", b"extraheader", rb"(?i)extraheader\s*=\s*[\"']?authorization:\s*(?:basic|bearer|token)\s+([A-Za-z0-9+/=._-]{8,1024})"),
    ("cloud-init-password", b"chpasswd:", rb"chpasswd:[^\n]*\n(?:[ \t]+[^\n]*\n){0,4}?[ \t]+[^\s:]+:([^\s]{4,256})"),
)  # fmt: skip

#: By literal: the rules, each with whether its expression begins where the literal does.
_LITERALS: dict[bytes, list[tuple[str, re.Pattern[bytes], bool]]] = {}
for _name, _literals, _expression in _RULES:
    for _literal in (_literals,) if isinstance(_literals, bytes) else _literals:
        _begins = _expression.lower().startswith(_literal.lower())
        _LITERALS.setdefault(_literal.lower(), []).append((_name, re.compile(_expression), _begins))
_KEYS = list(_LITERALS)
_AUTOMATON = BytesAhoCorasick([*_KEYS, *(cue.lower() for cue in manifests.CUES)])


def find(text: bytes) -> list[Hit]:
    """What the phrases say is secret, and manifests where something of one was seen."""
    hits: list[Hit] = []
    done: dict[int, int] = {}
    cues = set()
    for index, start, end in _AUTOMATON.find_matches_as_indexes(text.lower(), overlapping=True):
        if index >= len(_KEYS):
            cues.add(manifests.CUES[index - len(_KEYS)])
            continue
        if start < done.get(index, 0):
            continue
        done[index] = end
        low = max(0, start - _BEFORE)
        low = max(low, text.rfind(b"\n", low, start) + 1)
        stop = min(len(text), end + _AFTER)
        for name, expression, begins in _LITERALS[_KEYS[index]]:
            if (match := expression.match(text, start, stop) if begins else expression.search(text, low, stop)) is not None:
                group = match.lastindex or 1
                if not stands_for(match[group]):
                    hits.append(Hit(*match.span(group), f"phrase:{name}", "names"))
                done[index] = max(done[index], match.end())
    return hits + manifests.find(text, cues) if cues else hits
