"""The sandbox's addresses that are opened without a signature: documents, and the page that validates a consumer key."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from smscampaign.sandbox import credentials, documents
from smscampaign.sandbox.control import guarded, json_body, limited, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from smscampaign.sandbox.world import World

_FORM_LIMIT = 4096
_DECISIONS = frozenset({"validated", "refused"})


def routes(world: World) -> list[Route]:
    """The routes of one sandbox."""
    storage = Storage(world)
    return [
        Route("/_sandbox/storage/{id}", guarded(storage.fetch), methods=["GET"]),
        Route("/_sandbox/storage/{id}", guarded(storage.put), methods=["PUT"]),
        Route("/_sandbox/validate", guarded(storage.validate), methods=["GET", "POST"]),
        Route("/_sandbox/credentials", guarded(storage.keys), methods=["GET", "POST"]),
    ]


class Storage:
    """The addresses of one sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def fetch(self, request: Request) -> Response:
        """A document's bytes, as they were put."""
        if not self._opens(request, "get"):
            return refusal(403, "This address opens nothing")
        pieces = self._world.store.objects.content(request.path_params["id"])

        async def sent() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

        # never as a page: whoever put it may have put a script
        head = {"content-disposition": "attachment"}
        return StreamingResponse(sent(), media_type="application/octet-stream", headers=head)

    async def put(self, request: Request) -> Response:
        """Take a document's bytes."""
        if not self._opens(request, "put"):
            return refusal(403, "This address opens nothing")
        try:
            content = await limited(request, self._world.settings.max_body)
        except ValueError as error:
            return refusal(413, str(error))
        self._world.store.objects.write_content(request.path_params["id"], content)
        return Response(status_code=201)

    def _opens(self, request: Request, verb: str) -> bool:
        token = request.query_params.get("token", "")
        return documents.opens(self._world, request.path_params["id"], token, verb=verb)

    async def validate(self, request: Request) -> Response:
        """The page a person validates a consumer key on."""
        consumer = credentials.by_token(self._world, request.query_params.get("token", ""))
        if consumer is None:
            return refusal(404, "Nobody asked for this key")
        if request.method == "POST":
            try:
                form = parse_qs((await limited(request, _FORM_LIMIT)).decode("latin-1"))
            except ValueError as error:
                return refusal(413, str(error))
            status = form.get("status", [""])[0]
            if status not in _DECISIONS:
                return refusal(400, "status is validated or refused")
            credentials.decide(self._world, consumer, status)
        return HTMLResponse(credentials.validation_page(self._world, consumer))

    async def keys(self, request: Request) -> Response:
        """GET the consumer keys somebody asked for; POST `{"consumerKey": KEY, "status": "validated"}` to decide."""
        if request.method == "POST":
            try:
                asked = await json_body(request)
            except ValueError as error:
                return refusal(400, str(error))
            asked = asked if isinstance(asked, dict) else {}
            consumer, status = str(asked.get("consumerKey")), asked.get("status", "validated")
            if status not in _DECISIONS:
                return refusal(400, "status is validated or refused")
            if not credentials.decide(self._world, consumer, status):
                return refusal(404, "Nobody asked for this key")
        return JSONResponse(credentials.listed(self._world))
