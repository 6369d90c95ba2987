"""What Truto itself raises. What HeyGen says through it keeps HeyGen's own errors.

* TrutoRefused: Truto did not let the request through; nothing reached HeyGen
* TrutoBusy (a RateLimited): Truto's own limit, or our keeping to it; nothing reached HeyGen
* TrutoFailed (a ServerError): Truto broke down, before or after HeyGen had the request
* ReconnectNeeded (an Unauthorized): HeyGen does not accept the credentials that Truto keeps
* CannotTell: whether an earlier attempt was carried out cannot be found out
"""

from __future__ import annotations

from heygen.errors import APIError, HeyGenError, RateLimited, ServerError, Unauthorized


class TrutoRefused(APIError):
    """Truto's own refusal: of our token, the integrated account, or what may be done with it.

    `code` is one of `truto_token`, `truto_forbidden`, `truto_unknown`, `truto_sandbox`, `truto_blocked` and
    `truto_refused`.
    """


class TrutoBusy(RateLimited):
    """Truto's own limit of requests; `code` is `truto_paced` when the request waited for its turn here in vain."""


class TrutoFailed(ServerError):
    """Truto, not HeyGen, failed. Whether HeyGen has the request is unknown after a write."""


class ReconnectNeeded(Unauthorized):
    """The connection of the integrated account has ended: somebody has to connect HeyGen again in Truto."""


class CannotTell(HeyGenError):
    """An earlier attempt may have been carried out, and no list of HeyGen's says whether it was."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(f"{operation}: {reason}", outcome_unknown=True)
        self.operation = operation
        self.reason = reason
