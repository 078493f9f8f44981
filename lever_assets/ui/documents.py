"""What a GraphQL document may do."""

import json

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse


def changes_something(document: str) -> bool:
    """Return whether a mutation is among its operations; in what can't be read there is none."""
    try:
        found = parse(document).definitions
    except GraphQLError:  # by the same parser Dagster refuses it
        return False
    except RecursionError:
        return True
    return any(
        isinstance(each, OperationDefinitionNode) and each.operation is OperationType.MUTATION
        for each in found
    )


def message_changes_something(message: str) -> bool:
    """Return whether a message of a WebSocket (protocol graphql-ws) has a mutation in its payload."""
    try:
        told = json.loads(message)
    except (ValueError, RecursionError):
        return False
    payload = told.get("payload") if isinstance(told, dict) else None
    query = payload.get("query") if isinstance(payload, dict) else None
    return isinstance(query, str) and changes_something(query)
