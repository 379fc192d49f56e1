"""Who sends an HTTP request, by its headers."""

from typing import Final

from api.auth.authenticate import Authenticator, Occasion
from api.auth.principal import Principal
from api.core.errors import BadUserInput, Code, Forbidden, Unauthenticated
from api.http.errors import HTTPRefusal
from api.http.incoming import Incoming

AUTHORIZATION: Final = b"authorization"
ACT_AS: Final = b"x-act-as"


def credentials_of(request: Incoming) -> tuple[str | None, str | None]:
    """What a request says of who sends it."""
    return request.header(AUTHORIZATION), request.header(ACT_AS)


async def principal_of(
    request: Incoming, authenticator: Authenticator, occasion: Occasion = Occasion.REQUEST
) -> Principal:
    """Who asks. Raises HTTPRefusal: 401 for a credential that is not good, 400 or 403 for a bad X-Act-As."""
    authorization, act_as = credentials_of(request)
    try:
        if occasion is not Occasion.REQUEST:
            return await authenticator.hold(authorization, act_as, request.scope, occasion)
        principal = authenticator.recall(authorization, act_as)
        if principal is not None:
            return principal
        return await authenticator.authenticate(authorization, act_as, request.scope)
    except Unauthenticated as error:
        headers = {"WWW-Authenticate": "Bearer"}
        raise HTTPRefusal(401, error.message, code=Code.UNAUTHENTICATED, headers=headers) from None
    except Forbidden as error:
        raise HTTPRefusal(403, error.message, code=Code.FORBIDDEN) from None
    except BadUserInput as error:
        raise HTTPRefusal(400, error.message, code=Code.BAD_USER_INPUT) from None
