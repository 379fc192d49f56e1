"""What may be written of users and of what belongs to a person."""

from collections.abc import Iterable
from zoneinfo import available_timezones

from api.auth.accounts import is_email
from api.writing.declarations import Values, Wrong, writable
from db import models


def _account(values: Values, current: Values) -> Iterable[Wrong]:
    email = values.get("email")
    if email is not None and not is_email(email):
        yield Wrong("This is no e-mail address: correct it.", "email")
    username = values.get("username")
    if username is not None and (not username or "@" in username or any(map(str.isspace, username))):
        yield Wrong("A user name has no spaces and no @: correct it.", "username")
    known = {name: values.get(name, current.get(name)) for name in ("email", "username")}
    if ("email" in values or "username" in values or not current) and not any(known.values()):
        yield Wrong("A user needs an e-mail address or a user name: give one of them.", "email")
    wrong = set(values.get("roles") or ()) - {role.value for role in models.Role}
    if wrong:
        listed = ", ".join(role.value for role in models.Role)
        yield Wrong(f"There is no role {min(wrong)}: the roles are {listed}.", "roles")


def _unverified(values: Values, current: Values) -> Values:
    """Whoever gets another address has not shown that it is theirs."""
    if "email" in values and values["email"] != current.get("email"):
        return {"email_verified": False, "email_verified_at": None}
    return {}


def _preferences(values: Values, current: Values) -> Iterable[Wrong]:  # noqa: ARG001
    zone = values.get("timezone")
    if zone is not None and zone not in available_timezones():
        yield Wrong("There is no time zone of this name: give one such as Asia/Taipei.", "timezone")


writable(
    models.User,
    change="username email display_name avatar_url bio status roles permissions meta",
    administrators="create delete restore",
    reserved="username email status roles permissions",
    check=_account,
    derive=_unverified,
)
writable(
    models.UserPreferences,
    change=(
        "preferred_model temperature max_tokens use_rag_by_default use_conversation_memory"
        " default_personality_id language timezone theme auto_tts show_reasoning extra"
    ),
    key="user_id",
    check=_preferences,
)
writable(
    models.UserProfile,
    change="interests habits personality_insights statistics generated_at",
    key="user_id",
)
