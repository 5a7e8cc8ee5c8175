"""Brokers hold the real credentials outside, hand dummies to the sandbox, and swap them on what a policy has allowed.

`brokers.Brokers` is all of them; each leaves other providers' requests as they are. `kubernetes` is a package with its own essay; `peer` is what a
provider knows of an upstream beyond its name, `rights` the calling user's. `aws.AwsBroker` is AWS's, `gcp.GcpBroker` Google's,
and around them:

- `dummies`: key pairs of the right shape, random for each session;
- `outside`: the calling user's environment, home and AWS files, read as that user; what of them may be seen inside;
- `source`: the real credentials of one profile, fetched when first needed and again before they expire;
- `resolve`: a program of its own that asks botocore's whole chain (SSO, assumed roles, processes, instance metadata) in the user's environment,
  with a time limit; it is run, never imported;
- `ask`: asks such a program; `program`: runs it and any other as the user; `renewed`: keeps what it gives; `files`: reads a file of the user's;
- `reach`: what of all that the sandboxed command could have written, and is therefore not used;
- `entries`: placeholders for any other API, from the configuration or from `known`, the variables of well-known tools; `command` runs what prints
  one;
- `refilled`: a signed AWS request into which secrets were put, signed again;
- `sigv4`: pure: reads a signature, proves it, and makes another over exactly the same message; `presigned` does it for URLs,
  `chunks` for the body that follows a head, while it streams;
- `sigv4a`: pure: the asymmetric keys that sign for several regions;
- `returned`: pure: the credentials in an answer of AWS (an assumed role, a new key) swapped for dummies, which `minted` remembers;
- `imds`: pure: the metadata services of instances and containers, answered with dummies;
- `aws_request`: pure: what is looked at in an AWS request before it is signed anew, and refused.
- `gcp_resolve`: the same for Google's access tokens, which `gcp_tokens` keeps; `gcp_outside`: what the user's Google files say that is no secret;
- `gcp_metadata`: Google's metadata server, pure; `gcp_exchange`: what is exchanged for a token; `gcp_answers`: tokens in answers;
- `gcp_identity`: ID tokens, each for the host of its audience;
- `goog4`: pure: Cloud Storage's signed URLs, proven and signed again;
- `service_account`: pure: dummies of service account keys, and signatures by them made again with the real key;

The walk of one request (`AwsBroker.authorize`)::

    unsigned            -> as it is: there is nothing to swap
    signed by a dummy   -> proven against the dummy, with its token if it has one -> signed again with the real key -> out
    signed by any other -> denied: the agent found or made credentials that are not the session's
    cannot be swapped   -> denied, with what to do instead (bearer tokens, SigV2)

and of its answer (`AwsBroker.receive`)::

    holds credentials   -> dummies in their places, which stand for them until they expire -> in
    cannot be read      -> withheld

Only ``Authorization`` and ``X-Amz-Security-Token`` change; of a presigned URL, its key, token and signature; of a body in
signed chunks, their signatures. What was decided on is what is
signed: method, path, query, signed headers and body hash are those that arrived, so a change on the way out would break the real signature.

Importing this package imports nothing else: `warden exec` stays fast. `aws` and `sigv4` import botocore and belong in the worker's warm parent.
"""
