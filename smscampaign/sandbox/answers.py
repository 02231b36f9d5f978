"""The API's refusals: an exception that carries the HTTP status and the JSON object OVHcloud would answer.

The auth layer answers `{"message", "errorCode", "httpCode"}`, the service `{"class": "Client::…", "message"}`; texts as
seen in issues of OVHcloud's client libraries (https://github.com/ovh/php-ovh, https://github.com/ovh/python-ovh).
"""

from __future__ import annotations

from http import HTTPStatus

_CLASSES = {
    400: "Client::BadRequest",
    401: "Client::Unauthorized",
    402: "Client::PaymentRequired",
    403: "Client::Forbidden",
    404: "Client::NotFound",
    409: "Client::Conflict",
    413: "Client::PayloadTooLarge",
    429: "Client::TooManyRequests",
}


class ApiError(Exception):
    """An answer that is a refusal: `status` and the JSON object `body`."""

    def __init__(self, status: int, body: dict[str, object]) -> None:
        super().__init__(str(body.get("message", "")))
        self.status = status
        self.body = body


def door(status: int, code: str, message: str) -> ApiError:
    """A refusal of the auth layer."""
    return ApiError(status, {"message": message, "errorCode": code, "httpCode": f"{status} {phrase(status)}"})


def service(status: int, message: str) -> ApiError:
    """A refusal of the SMS service."""
    return ApiError(
        status, {"class": _CLASSES.get(status, "Server::InternalServerError"), "message": message}
    )


def not_found(what: object) -> ApiError:
    """404 for an object the account does not have."""
    return service(404, f"The requested object (id = {what}) does not exist")


def phrase(status: int) -> str:
    """The reason phrase of a status; empty for one HTTP does not define."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
