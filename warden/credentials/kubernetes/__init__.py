"""The Kubernetes broker: the user's kubeconfig outside, one with the same contexts and dummies inside, and the swap in between.

- `kubeconfig`  reads and merges the user's files, by kubectl's rules
- `clusters`    each cluster as the dialect, the upstream side and the sandbox need it
- `users`       each user's real credentials: certificate, token, or what an exec plugin hands out
- `plugin`      runs an exec plugin, outside, within a time limit
- `inside`      writes the kubeconfig that the sandbox sees
- `broker`      the dummies, and the walk of one request

::

    no Authorization        -> as it is: anonymous
    a dummy of this session -> the real token instead, or none, and the user's certificate on a connection that is theirs alone
    any other               -> denied: the agent found or made credentials that are not the session's

A dummy is a bearer token, whatever the real credentials are. It is good for the clusters that a context of the kubeconfig pairs its user with, so
that no cluster is sent another one's token.

What cannot be verified or given is no reason not to start: the entry stays in the kubeconfig inside, and its requests are denied with the reason.
"""
