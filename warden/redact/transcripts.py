"""Hosts whose request bodies are an agent's transcript: they quote placeholders by the hundred, and none is meant to become its secret there.

A placeholder in such a body goes out as it is, which tells nothing; refusing it would stop the agent at the first secret that it has seen the
placeholder of. Their URLs and headers are as strict as any other host's. `credentials.transcripts` in warden.yaml adds to them.
"""

from __future__ import annotations

from warden.hosts import MODELS

#: Pattern of hosts -> whose models are asked there.
_MORE = {
    "*.anthropic.com": "Anthropic, at whichever name",
    "generativelanguage.googleapis.com": "Gemini's API by key",
    "cloudcode-pa.googleapis.com": "Gemini for those who are logged in",
    "aiplatform.googleapis.com": "Vertex AI, global",
    "*-aiplatform.googleapis.com": "Vertex AI of one region",
    "bedrock-runtime.*.amazonaws.com": "Amazon Bedrock",
    "*.openai.azure.com": "Azure OpenAI",
    "*.services.ai.azure.com": "Azure AI Foundry",
    "models.github.ai": "GitHub Models",
    "*.githubcopilot.com": "GitHub Copilot, at each plan's name",
    "api.cohere.com": "Cohere",
    "api.together.xyz": "Together AI",
    "api.fireworks.ai": "Fireworks AI",
    "api.cerebras.ai": "Cerebras",
    "router.huggingface.co": "Hugging Face's router",
    "api.perplexity.ai": "Perplexity",
    "dashscope*.aliyuncs.com": "Qwen's API",
    "api.moonshot.ai": "Kimi's API",
    "api.z.ai": "GLM's API",
}

#: All of them, as shell patterns.
HOSTS = tuple(dict.fromkeys([*(entry.partition("://")[2].partition("/")[0] for entry in MODELS), *_MORE]))
