"""The last dialect: HTTP to hosts that no cloud dialect claims.

What decides is whether the egress list (:mod:`warden.dialects.egress`) lets the request go to its host; what a request *does* is read as far as its
protocol shows it. `dialect` holds the order, `decode` tries one after another:

1. a switch to WebSocket (``upgrade``): bytes that nobody rules on afterwards;
2. git over HTTPS (`git`, with `commands` for a push's ref updates and `pack` for the commits that come with them; `lfs`): a fetch reads, a push
   updates, and one that deletes, forces, or cannot be shown not to force destroys;
3. GraphQL (`graphql` finds the document in a request, `document` its operations' fields, `words` what a mutation's name says it does,
   `switches` what its arguments add);
4. refs that a forge's REST API moves (`refs`);
5. anything else (`dialect`): the method, unless a form's parameter names another (`override`). The method of an unknown API says
   little about what it does, so its certainty is never exact.

`reading` is what each of them returns: an action before it has its host. `denial` answers in the words of whoever asked: git, a GraphQL client, or
anything that reads JSON.

The actions: ``GET`` ... ``DELETE``, ``other``, ``upgrade``; ``git:fetch``, ``git:push``, ``git:create-ref``, ``git:update-ref``, ``git:delete-ref``;
``lfs:download``, ``lfs:upload``; ``query:FIELD``, ``mutation:FIELD``, ``subscription:FIELD``, ``graphql:unread``. All but the fields are in
`ACTIONS`.
"""

from __future__ import annotations

from warden.dialects.http.dialect import HttpDialect
from warden.dialects.http.reading import ACTIONS, VERBS

__all__ = ["ACTIONS", "VERBS", "HttpDialect"]
