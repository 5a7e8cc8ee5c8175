"""A GraphQL document: the operation that runs, and the fields that it starts with.

Parsed by graphql-core's lexer and parser, within limits. Fragments are followed; an alias says nothing, the field does; a field under ``@skip`` or
``@include`` counts as run, because variables decide. Nested fields do not count, but for a mutation's fields with arguments or with an order for a
name: APIs that group their mutations (``mutation { volume { delete(id: 1) } }``, ``mutation { volume(id: 1) { delete } }``) say there what they do.
Of arguments, only `switches` count.

https://spec.graphql.org/October2021/#sec-Executing-Operations
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError, parse
from graphql.language import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from warden.dialects.http import words
from warden.dialects.http.reading import Reading
from warden.dialects.http.switches import Variables
from warden.errors import DecodeError
from warden.model import Verb

#: Characters and tokens of a document, and fields looked at once fragments are followed. Clients' introspection takes some 600 tokens.
MAX_CHARACTERS = 256 << 10
MAX_TOKENS = 10_000
MAX_FIELDS = 20_000
#: Nesting, of which the parser's recursion takes several frames a level.
MAX_DEPTH = 60


def operations(text: str, name: str | None, variables: Any = None) -> tuple[Reading, ...]:
    """One reading for each top-level field of the operation that runs. Raises DecodeError."""
    if len(text) > MAX_CHARACTERS:
        raise DecodeError("graphql-document", f"The GraphQL document is longer than {MAX_CHARACTERS} characters.", "Send less at once.")
    try:
        document = parse(text, no_location=True, max_tokens=MAX_TOKENS)
    except GraphQLError as error:
        raise DecodeError("graphql-document", f"The GraphQL document cannot be read: {error.message[:200]}") from None
    except (RecursionError, ValueError, IndexError):
        raise DecodeError("graphql-document", "The GraphQL document cannot be read.") from None
    fragments: dict[str, FragmentDefinitionNode] = {}
    defined: list[OperationDefinitionNode] = []
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            defined.append(node)
        elif isinstance(node, FragmentDefinitionNode) and node.name.value not in fragments:
            fragments[node.name.value] = node
        else:
            raise DecodeError("graphql-document", "The GraphQL document defines types, or a fragment twice; it cannot be run.")
    found = tuple(_readings(_chosen(defined, name), fragments, variables))
    if not found:
        raise DecodeError("graphql-document", "The GraphQL document asks for nothing.")
    return found


def _chosen(defined: list[OperationDefinitionNode], name: str | None) -> OperationDefinitionNode:
    """https://spec.graphql.org/October2021/#GetOperation()"""
    found = [node for node in defined if name is None or (node.name is not None and node.name.value == name)]
    if len(found) != 1:
        raise DecodeError(
            "graphql-operation",
            f"The GraphQL document has {len(found)} operations of the name that is asked for." if name else
            f"The GraphQL document has {len(defined)} operations and the request does not say which one to run.",
            "Name one in operationName.",
        )  # fmt: skip
    return found[0]


def _readings(operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode], given: Any) -> Iterator[Reading]:
    kind = operation.operation
    variables = Variables(given, operation.variable_definitions or ())
    walk = _Walk(fragments)
    for field in walk.fields(operation.selection_set):
        effect = words.Effect(Verb.READ)
        if kind is OperationType.MUTATION:
            effect = words.effect(field.name.value).with_nested(variables.effect(field.arguments or ()))
            for below in walk.below(field):
                effect = effect.with_nested(words.effect(below.name.value)).with_nested(variables.effect(below.arguments or ()))
        yield Reading(f"{kind.value}:{field.name.value}", effect.verb, effect.flags)


class _Walk:
    """The fields of a document, fragments followed, within limits."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._left = MAX_FIELDS

    def fields(self, selections: SelectionSetNode | None, within: frozenset[str] = frozenset(), depth: int = 0) -> Iterator[FieldNode]:
        """The fields of a selection set itself."""
        if depth > MAX_DEPTH:
            raise DecodeError("graphql-document", f"The GraphQL document nests deeper than {MAX_DEPTH} levels.")
        for node in selections.selections if selections else ():
            self._left -= 1
            if self._left < 0:
                raise DecodeError("graphql-document", f"The GraphQL document asks for more than {MAX_FIELDS} fields.")
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self.fields(node.selection_set, within, depth + 1)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in self._fragments or name in within:
                    raise DecodeError("graphql-document", "The GraphQL document uses a fragment that it does not define, or inside itself.")
                yield from self.fields(self._fragments[name].selection_set, within | {name}, depth + 1)

    def below(self, field: FieldNode, depth: int = 0) -> Iterator[FieldNode]:
        """Nested fields that take arguments or are orders, at any depth."""
        for node in self.fields(field.selection_set, depth=depth):
            if node.arguments or words.is_order(node.name.value):
                yield node
            yield from self.below(node, depth + 1)
