"""What people read when something goes wrong: one clear sentence and what to do about it, in one place."""

from __future__ import annotations

from agent.errors import ModelError
from agent.foreign import harmless
from heygen import (
    APIError,
    ConnectionFailed,
    HeyGenError,
    InsufficientCredit,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Unauthorized,
)
from heygen import Timeout as HeyGenTimeout
from heygen.truto import CannotTell, ReconnectNeeded, TrutoBusy, TrutoFailed, TrutoRefused

_MODEL: dict[str, str] = {
    "rate_limited": "The language model is busy and did not take the request. Please ask again in a few minutes.",
    "quota": "The language model's account has run out of credit. An admin has to top it up; /heygen still works.",
    "unauthorized": "The language model refused our credentials. An admin has to check them; /heygen still works.",
    "forbidden": "Our account may not use this language model. An admin has to look at it; /heygen still works.",
    "no_model": "The language model that is set up does not exist any more. An admin has to choose another one; "
    "/heygen still works.",
    "bad_request": "The language model did not accept the request. Please rephrase it or start a new thread.",
    "context_length": "This thread has grown too long for the language model. Please start a new one.",
    "refused": "The language model declined to answer that. Please rephrase it.",
    "filtered": "The language model's provider filtered the answer out. Please rephrase the request.",
    "too_long_answer": "The answer became too long to finish. Please ask for less at once.",
    "stream_incomplete": "The language model's answer broke off, several times. Please ask again in a few minutes.",
    "timeout": "The language model took too long to answer. Please ask again in a few minutes; nothing was lost.",
    "server": "The language model's server has a problem of its own. Please ask again in a few minutes; nothing was "
    "lost.",
}
_MODEL_DEFAULT = "The language model could not be reached. Please ask again in a few minutes; nothing was lost."

_TRUTO: dict[str, str] = {
    "reconnect_needed": "The connection between Truto and HeyGen has ended. An admin has to reconnect HeyGen in Truto; "
    "then ask again.",
    "truto_busy": "Too many requests go through Truto right now. Please try again later.",
    "truto_paced": "Too many requests go through Truto right now. Please try again later.",
    "truto_failed": "Truto, which carries our requests to HeyGen, had a problem of its own.",
    "truto_token": "Truto did not accept our token. An admin has to check TRUTO_API_KEY.",
    "truto_unknown": "Truto does not know the HeyGen account we asked for. An admin has to check TRUTO_ACCOUNT_ID.",
    "truto_sandbox": "The HeyGen account at Truto is a sandbox and can only be read. Connect another one.",
    "truto_blocked": "Truto has blocked the HeyGen account. An admin has to look at it in Truto.",
}
_TRUTO_DEFAULT = "Truto did not let this through to HeyGen. An admin has to look at the HeyGen account in Truto."

_GIVE_UP: dict[str, str] = {
    "too_long": "I worked on this for too long and stopped. Please ask for a smaller step.",
    "too_many_tokens": "This took more of the language model than one request may use. Please ask for a smaller step.",
    "too_many_steps": "I took too many steps without reaching an answer. Please ask for one thing at a time.",
}


def for_model_error(error: ModelError, reference: str) -> str:
    """For a turn that failed because of the model."""
    return f"{_MODEL.get(error.code, _MODEL_DEFAULT)} (reference {reference})"


NOT_FOR_OUTSIDERS = "I only work for members of this workspace. Please ask one of them."
ONLY_LOOKING = (
    "For guests and people of other organisations I only look things up. A member of this workspace can ask for this."
)


def for_give_up(code: str, reference: str) -> str:
    """For a turn that reached a bound."""
    return f"{_GIVE_UP[code]} (reference {reference})"


def for_internal(reference: str) -> str:
    """For a fault of ours."""
    return f"Something went wrong on our side. Please try again; if it stays, tell an admin: reference {reference}."


def for_heygen(error: HeyGenError) -> str:
    """For a request that HeyGen did not carry out."""
    match error:
        case ReconnectNeeded() | TrutoBusy() | TrutoFailed() | TrutoRefused():
            return _TRUTO.get(error.code, _TRUTO_DEFAULT)
        case CannotTell():
            return "Nobody can tell whether HeyGen has this request. Please check the HeyGen account before retrying."
        case Unauthorized():
            return "HeyGen did not accept our API key. An admin has to check it."
        case InsufficientCredit():
            return "The HeyGen account does not have enough credit for this. Top it up, then press Retry."
        case QuotaExceeded():
            return "The HeyGen account's quota is used up. An admin has to raise it or wait until it is renewed."
        case RateLimited():
            return "HeyGen is busy with other jobs of this account. Please try again later."
        case NotFound():
            return "HeyGen does not know what this request refers to any more."
        case APIError() if error.status == 403:
            return "This HeyGen account is not allowed to do that."
        case APIError() if error.status < 500 and error.detail:
            return f"HeyGen did not accept the request: {harmless(error.detail, 300)}"
        case ConnectionFailed() | HeyGenTimeout():
            return "HeyGen could not be reached."
        case _:
            return "HeyGen had a problem of its own."


def reason_code(error: HeyGenError) -> str:
    """A short code for the operator."""
    return error.code if isinstance(error, APIError) else type(error).__name__
