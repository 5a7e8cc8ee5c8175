"""The operations that do not decode to themselves alone. Short, named, explained; a test fails when a row is no longer needed."""

from __future__ import annotations

#: Services that put the same operation on the wire in the same form, at the same host, signed for the same name: they decode to all of them.
FAMILIES: dict[frozenset[str], str] = {
    frozenset({"rds", "neptune", "docdb"}): "one endpoint, one API version: rds.REGION answers for all three engines",
    frozenset({"greengrass", "greengrassv2"}): "eight operations of Greengrass v1 are served unchanged to v2's clients",
    frozenset({"lambda", "lambda-microvms"}): "tagging is one API for both",
    frozenset({"pinpoint-sms-voice", "sms-voice"}): "one service under two names of botocore's",
    frozenset({"qconnect", "wisdom"}): "Amazon Q in Connect is Wisdom renamed",
    frozenset({"signer", "signer-data"}): "GetRevocationStatus is in both models",
}

#: (service, operation): what it decodes to. Deprecated twins of the same wire form.
RENAMED: dict[tuple[str, str], str] = {
    ("s3", "GetBucketLifecycle"): "GetBucketLifecycleConfiguration",
    ("s3", "GetBucketNotification"): "GetBucketNotificationConfiguration",
    ("s3", "PutBucketLifecycle"): "PutBucketLifecycleConfiguration",
    ("s3", "PutBucketNotification"): "PutBucketNotificationConfiguration",
}

#: Old service: successors that took over its host names, signing name and operations; the successor is what answers.
MOVED: dict[str, tuple[str, ...]] = {
    "chime": ("chime-sdk-identity", "chime-sdk-messaging"),
}
