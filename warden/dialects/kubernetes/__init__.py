"""The Kubernetes dialect: one request to an API server in, what it asks for out, and denials that kubectl prints.

- `cluster`   where the API servers are
"""
