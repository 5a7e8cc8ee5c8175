"""The third part that rules may be tuned to: other servers, other files, other codings than the first two."""
