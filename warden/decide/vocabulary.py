"""The Cedar names: what policies may say about actions, resources, principals and the context.

The schema generator, the query builder and the validator all read these tables, so what validates is what is passed at run time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from warden.model import Flag, Verb

#: Provider -> Cedar namespace of its actions. Each provider's name is also an action group: ``action in Warden::Action::"aws"``.
NAMESPACES: Mapping[str, str] = MappingProxyType(
    {"aws": "AWS", "gcp": "GCP", "kubernetes": "K8s", "http": "HTTP", "dns": "Net", "tcp": "Net", "linux": "Linux", "sql": "SQL"}
)

#: Namespace -> the entity type of the resources that its actions apply to.
RESOURCE_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "AWS": "AWS::Resource",
        "GCP": "GCP::Resource",
        "K8s": "K8s::Resource",
        "HTTP": "Net::Host",
        "Net": "Net::Host",
        "Linux": "Linux::Path",
        "SQL": "SQL::Object",
    }
)

#: Namespace -> patterns of names that the schema cannot list, each with the listed action whose groups they share: the action that stands for them.
OPEN_ENDED: Mapping[str, Mapping[re.Pattern[str], str]] = MappingProxyType(
    {
        # https://spec.graphql.org/October2021/#Name
        "HTTP": {re.compile(rf"{kind}:[_A-Za-z][_0-9A-Za-z]*"): f"{kind}:<field>" for kind in ("query", "mutation", "subscription")},
    }
)

#: Namespaces whose ``group:name`` actions are also in ``Namespace::Action::"group:*"``.
GROUPED = frozenset({"AWS", "HTTP"})

#: Every ``Warden::Action`` group: the verbs, the flags, the providers.
GROUPS = (*(verb.value for verb in Verb), *(flag.value for flag in Flag), *NAMESPACES)

GROUP_TYPE = "Warden::Action"
PRINCIPAL_TYPE = "Warden::Agent"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute or context key. `cedar` is its type: ``String``, ``Long``, ``Bool`` or ``Set<String>``."""

    cedar: str
    required: bool = False

    def fits(self, value: object) -> bool:
        """Whether a Python value is of this type. A bool is no Long."""
        match self.cedar:
            case "String":
                return isinstance(value, str)
            case "Bool":
                return isinstance(value, bool)
            case "Long":
                return isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63
            case _:
                return isinstance(value, list | tuple | set | frozenset) and all(isinstance(item, str) for item in value)


_TEXT, _TEXTS = Attribute("String"), Attribute("Set<String>")


def _texts(*names: str) -> dict[str, Attribute]:
    return dict.fromkeys(names, _TEXT)


#: Entity type -> its attributes. Dialects may put more into `Resource.attributes`; policies see these.
ENTITIES: Mapping[str, Mapping[str, Attribute]] = MappingProxyType(
    {
        PRINCIPAL_TYPE: {name: Attribute("String", required=True) for name in ("session", "profile", "user")},
        "AWS::Resource": _texts("service", "region", "account", "partition", "type", "name"),
        "GCP::Resource": _texts("service", "project", "location", "type", "name"),
        "K8s::Resource": _texts("cluster", "group", "version", "namespace", "type", "subresource", "name"),
        "Linux::Path": _texts("path"),
        "SQL::Object": _texts("service", "engine", "database", "schema", "name"),
        "Net::Host": {
            "name": Attribute("String", required=True),
            "port": Attribute("Long"),
            # The dialect that rules on each request to this host (aws, gcp, kubernetes, http), or literal for an address.
            "dialect": Attribute("String", required=True),
            # Whether the egress list of the configuration lets this go there: a request by its method and path, a name or connection if any may.
            "egress": Attribute("Bool", required=True),
        },
    }
)

#: The context record of every query. The required keys are filled from the Action itself, the others from `Action.context` where it has them.
CONTEXT: Mapping[str, Attribute] = MappingProxyType(
    {
        "provider": Attribute("String", required=True),
        "operation": Attribute("String", required=True),
        "verb": Attribute("String", required=True),
        "flags": Attribute("Set<String>", required=True),
        "certainty": Attribute("String", required=True),
        "dry_run": Attribute("Bool", required=True),
        "iam": _TEXTS,  # IAM action names that the operation needs
        "family": _TEXTS,  # the services that the wire cannot tell apart, when there are several
        "deferred": Attribute("Bool"),  # a call that a schedule makes later
        "cascade": Attribute("Bool"),  # what is inside goes with it: a namespace, a type of custom resources
        **_texts("service", "region", "account", "partition", "protocol"),
        **_texts("project", "location", "version"),  # of a Google API call
        **_texts("cluster", "namespace", "name"),
        **_texts("host", "method", "scheme", "path"),
        **_texts("repository", "ref"),  # of a git request: the path of the repository, and the full name of the ref that a push changes
        "port": Attribute("Long"),
        "type": _TEXT,  # of a DNS question: A, AAAA, MX, ...
        "stream": _TEXT,  # of a TCP connect: http (inspected) or opaque
    }
)
