"""Model providers."""

from __future__ import annotations

from warden.redact.patterns.rule import LEFT, RIGHT, Rule

# One rule a line, however long.
# fmt: off
RULES = (
    Rule("sk-token", ("sk-",), rf"{LEFT}sk-(?=[\w-]{{0,60}}[0-9])(?=[\w-]{{0,60}}[a-z])(?=[\w-]{{0,60}}[A-Z])[\w-]{{20,64}}(?![\w-])", entropy=3.9, yes=("sk-{a22}",), no=("sk-loading-indicator-wrap", "sk-{h12}")),
    Rule("anthropic-key", ("sk-ant-",), r"sk-ant-[a-z0-9]{3,12}-[\w-]{80,120}", yes=("sk-ant-api03-{a93}AA", "sk-ant-admin01-{a93}AA"), no=("sk-ant-api03-x",)),
    Rule("openai-key", ("t3blbkfj",), r"sk-(?:proj-|svcacct-|admin-|service-)?[\w-]{20,80}T3BlbkFJ[\w-]{20,80}", back=100, entropy=3.0, yes=("sk-{a20}T3BlbkFJ{a20}", "sk-proj-{a74}T3BlbkFJ{a74}"), no=("T3BlbkFJ{a20}",)),
    Rule("openai-project-key", ("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-or-v1-", "sk-lf-"), rf"{LEFT}sk-(?:proj|svcacct|admin|or-v1|lf)-[\w-]{{36,200}}", entropy=3.5, yes=("sk-proj-{a120}", "sk-or-v1-{h64}"), no=("task-admin-{a40}", "sk-proj-x")),
    Rule("huggingface-token", ("hf_", "api_org_"), rf"{LEFT}(?:hf_[A-Za-z0-9]{{34,40}}(?!_)|api_org_[A-Za-z0-9]{{34}}){RIGHT}", entropy=3.0, yes=("hf_{a34}", "api_org_{a34}"), no=("hf_transformers", "api_org_x")),
    Rule("perplexity-key", ("pplx-",), rf"{LEFT}pplx-[A-Za-z0-9]{{48}}", entropy=2.0, yes=("pplx-{a48}",), no=("pplx-x",)),
    Rule("groq-key", ("gsk_",), rf"{LEFT}gsk_[A-Za-z0-9]{{52}}{RIGHT}", yes=("gsk_{a52}",), no=("gsk_x",)),
    Rule("xai-key", ("xai-",), rf"{LEFT}xai-[A-Za-z0-9]{{70,90}}{RIGHT}", yes=("xai-{a80}",), no=("xai-x",)),
    Rule("replicate-token", ("r8_",), rf"{LEFT}r8_[A-Za-z0-9]{{37}}{RIGHT}", yes=("r8_{a37}",), no=("r8_x",)),
    Rule("nvidia-key", ("nvapi-",), r"nvapi-[\w-]{60,70}", yes=("nvapi-{a64}",), no=("nvapi-x",)),
    Rule("langsmith-key", ("lsv2_",), r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}", yes=("lsv2_pt_{h32}_{h10}",), no=("lsv2_pt_x",)),
    Rule("cohere-env", ("co_api_key",), r"CO_API_KEY[\"' \t]{0,4}[=:][\"' \t]{0,4}([A-Za-z0-9]{40})(?![A-Za-z0-9])", yes=("CO_API_KEY=<<{a40}>>",), no=("CO_API_KEY=x",)),
)
# fmt: on
