"""Amazon, Google, Microsoft and the other clouds."""

from __future__ import annotations

from warden.redact.patterns.rule import LEFT, RIGHT, Rule

_IS = r"[\"'\\` \t]{0,6}(?:=>|:=|[=:,>])[\"'\\` \t]{0,6}"

# One rule a line, however long.
# fmt: off
RULES = (
    # Access key IDs are names, but the pair's other half is guessable by none of them: hidden because scanners and operators count them as credentials.
    Rule(
        "aws-access-key-id",
        ("akia", "asia", "abia", "acca", "a3t"),
        rf"{LEFT}((?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{{16}}|(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{{16}}){RIGHT}",
        entropy=2.5,
        yes=("AKIA{b16}", '"AccessKeyId": "<<ASIA{b16}>>"'),
        no=("AKIAIOSFODNN7EXAMPLEEXAMPLE", "AROA{b16}", "xAKIA{b16}"),
    ),
    Rule(
        "aws-secret-access-key",
        ("secretaccesskey", "secret_access_key", "secret_key", "secretkey", "secret-access-key", "aws_secret"),
        rf"[\w-]{{0,40}}{_IS}([A-Za-z0-9+/]{{40}})(?![A-Za-z0-9+/=])",
        entropy=4.0,
        yes=('"SecretAccessKey": "<<{B40}>>"', "aws_secret_access_key = <<{B40}>>", "export AWS_SECRET_ACCESS_KEY=<<{B40}>>"),
        no=('"SecretAccessKeyVersion": "1"', '"secret_key_base": "{a64}"'),
    ),
    # The other half of a pair on the same or the next line, whatever it is called.
    Rule(
        "aws-secret-near-id",
        ("akia", "asia"),
        rf"(?:AKIA|ASIA)[A-Z0-9]{{16}}[^A-Za-z0-9+/]{{1,6}}(?:[\w-]{{0,40}}{_IS}|[\s:,;|]{{1,8}})?([A-Za-z0-9+/]{{40}})(?![A-Za-z0-9+/=])",
        entropy=4.2,
        yes=("AKIA{b16}:<<{B40}>>", "AKIA{b16}\nkey = <<{B40}>>"),
        no=("AKIA{b16}: {h40}",),
    ),
    Rule(
        "aws-session-token",
        ("sessiontoken", "session_token", "security-token", "securitytoken", "security_token"),
        rf"[\w-]{{0,40}}{_IS}([A-Za-z0-9+/=%]{{100,2048}})(?![A-Za-z0-9+/])",
        entropy=4.0,
        yes=('"SessionToken": "<<{B400}==>>"', "aws_session_token=<<{B300}>>", "X-Amz-Security-Token=<<{a200}%2B{a100}>>&X-Amz-Date=x"),
        no=('"SessionToken": "short"',),
    ),
    Rule(
        "aws-session-token-prefix",
        ("iqojb3jpz2lux2vj", "fwogzxivyxdz", "fqogzxivyxdz"),
        r"(?:IQoJb3JpZ2luX2Vj|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/%]{80,2048}={0,2}",
        yes=("IQoJb3JpZ2luX2Vj{B300}", "FwoGZXIvYXdz{B200}"),
        no=("IQoJb3JpZ2luX2Vj {a10}",),
    ),
    Rule(
        "aws-presigned-signature",
        ("x-amz-signature=", "x-amz-signature%3d"),
        r"X-Amz-Signature(?:=|%3[Dd])([0-9a-f]{64})(?![0-9a-f])",
        yes=("https://b.s3.amazonaws.com/k?X-Amz-Credential=AROA&X-Amz-Signature=<<{h64}>>",),
        no=("X-Amz-SignedHeaders=host", "X-Amz-Signature={h10}"),
    ),
    Rule("aws-bedrock-key", ("absk",), rf"{LEFT}ABSK[A-Za-z0-9+/]{{100,300}}={{0,2}}", entropy=3.0, yes=("ABSK{a120}",), no=("ABSK-{h20}", "xABSK{a120}")),
    Rule("aws-bedrock-short-lived-key", ("bedrock-api-key-",), r"bedrock-api-key-[A-Za-z0-9+/=%._-]{28,2048}", yes=("bedrock-api-key-{B100}",), no=("bedrock-api-key-name",)),
    Rule("gcp-api-key", ("aiza",), rf"{LEFT}AIza[\w-]{{35}}(?![\w-])", entropy=3.0, yes=("AIza{w34}9",), no=("AIza{w30}", "xAIza{w35}")),
    Rule("google-access-token", ("ya29.",), rf"{LEFT}ya29\.[\w-]{{20,2048}}(?:\.[\w-]{{1,512}}){{0,3}}", yes=("ya29.{w100}",), no=("ya29.x",)),
    Rule("google-refresh-token", ("1//",), rf"{LEFT}1//0[\w-]{{40,200}}", entropy=3.5, yes=("1//0{a60}",), no=("http1//example.com", "1//2 {a40}")),
    Rule("google-client-secret", ("gocspx-",), rf"{LEFT}GOCSPX-[\w-]{{28}}(?![\w-])", yes=("GOCSPX-{a28}",), no=("GOCSPX-{a10}",)),
    Rule("azure-ad-client-secret", tuple(f"{digit}q~" for digit in range(10)), r"(?<![\w~.-])([\w~.-]{3}[0-9]Q~[\w~.-]{31,34})(?![\w~.-])", back=3, entropy=3.0, yes=("=<<{a3}8Q~{a31}>>", "{a3}7Q~{a34}"), no=("FAQ~s", "{a3}8Q~{a10}")),
    Rule(
        "azure-ad-client-secret-escaped",
        tuple(f"{digit}q~" for digit in range(10)),
        r"(?<=\")([\w~.-]{3}[0-9]Q~[\w~.-]{31,34})(?![\w~.-])|(?<=\\n)([\w~.-]{3}[0-9]Q~[\w~.-]{31,34})(?![\w~.-])",
        back=3,
        entropy=3.0,
        yes=("\\n<<{a3}8Q~{a31}>>",),
        no=("FAQ~s",),
    ),
    Rule("azure-sas-signature", ("sig=", "sig%3d"), r"(?<![\w-])sig(?:=|%3[Dd])([A-Za-z0-9+/%]{40,130}={0,2})(?![A-Za-z0-9])", entropy=3.5, yes=("?sv=2022-11-02&sr=b&sig=<<{a41}%2B{a2}%3D>>",), no=("config=sig=short", "xsig={a44}")),
    Rule("azure-storage-key", ("accountkey", "sharedaccesskey", "account_key", "account-key"), rf"[\w-]{{0,40}}{_IS}([A-Za-z0-9+/]{{42,86}}={{0,2}})(?![A-Za-z0-9+/=])", entropy=3.5, yes=("DefaultEndpointsProtocol=https;AccountName=n;AccountKey=<<{B86}==>>;EndpointSuffix=core.windows.net", "SharedAccessKeyName=Root;SharedAccessKey=<<{B43}=>>"), no=("SharedAccessKeyName=RootManageSharedAccessKey",)),
    Rule("alibaba-access-key-id", ("ltai",), rf"{LEFT}LTAI[A-Za-z0-9]{{16,24}}{RIGHT}", entropy=3.0, yes=("LTAI{a20}",), no=("LTAI {a10}", "voltaire{a20}")),
    Rule("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), r"do[opr]_v1_[a-f0-9]{64}(?![a-f0-9])", yes=("dop_v1_{h64}",), no=("dop_v1_{h10}",)),
    Rule("cloudflare-origin-ca-key", ("v1.0-",), r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}(?![a-f0-9])", yes=("v1.0-{h24}-{h146}",), no=("v1.0-{h24}",)),
    Rule("yandex-token", ("t1.",), rf"{LEFT}t1\.[A-Z0-9a-z_-]{{1,256}}={{0,2}}\.[A-Z0-9a-z_-]{{80,100}}={{0,2}}(?![\w-])", entropy=3.5, yes=("t1.{a20}.{w85}9",), no=("t1.micro", "i-t1.{a10}")),
    Rule("yandex-api-key", ("aqvn",), rf"{LEFT}AQVN[\w-]{{35,38}}(?![\w-])", entropy=3.5, yes=("AQVN{a36}",), no=("AQVN{a10}",)),
    Rule("yandex-aws-key", ("ycq", "yca", "ycm", "yco"), rf"{LEFT}YC[\w-]{{38}}(?![\w-])", entropy=4.0, yes=("YCO{a37}",), no=("YCO{a10}",)),
    Rule("heroku-key", ("hrku-aa",), r"HRKU-AA[\w-]{58}(?![\w-])", yes=("HRKU-AA{a58}",), no=("HRKU-AA{a10}",)),
    Rule("flyio-token", ("fo1_", "fm1a_", "fm1r_", "fm2_"), rf"{LEFT}(?:fo1_[\w-]{{43}}|fm[12][ar]?_[A-Za-z0-9+/]{{100,2000}}={{0,3}})(?![\w-])", entropy=2.5, yes=("fo1_{a43}", "fm2_{B200}"), no=("fo1_{a10}",)),
    Rule("scaleway-key", ("scw_secret_key", "scw-secret-key"), rf"[\w-]{{0,40}}{_IS}([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})", yes=("SCW_SECRET_KEY=<<{h8}-{h4}-{h4}-{h4}-{h12}>>",), no=("SCW_SECRET_KEY=none",)),
    Rule("linode-token", ("linode_token", "linode-token", "linode_cli_token"), rf"[\w-]{{0,40}}{_IS}([0-9a-f]{{64}})(?![0-9a-f])", yes=("LINODE_TOKEN=<<{h64}>>",), no=("LINODE_TOKEN=none",)),
)
# fmt: on
