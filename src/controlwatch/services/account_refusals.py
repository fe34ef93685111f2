"""Why something about people is refused, in the words that they read."""

from __future__ import annotations

from controlwatch.core.model.errors import UsageError

BAD_NAME = (
    "A name has letters and digits of any script, and between them . _ - @ ' and single spaces; "
    "at most {most} characters."
)
NAME_TAKEN = "The name {name} is taken."
BAD_LENGTH = "A password has at least {least} characters and at most {most}."
TOO_EASY = "This password is too easy to guess: it holds the name, or few different characters."
PASSWORDS_DIFFER = "The two passwords differ."
BAD_EMAIL = "This is not an e-mail address."
UNKNOWN_PERSON = "There is no such person."
LAST_OPERATOR = "This is the last operator who can log in. Make somebody else operator first."
WRONG_LOGIN = "Name or password is wrong."
OLD_ONE_WRONG = "The old password is wrong."
TOO_MANY_ATTEMPTS = "Too many attempts to log in. Try again in {minutes} minutes."
BAD_LINK = "This link is not valid, was used before, or is too old. Ask an operator for a new one."
BAD_PASSKEY = "This passkey was not accepted. Try again, or log in in another way."
PASSKEY_KNOWN = "This passkey is known already."
TOO_MANY_PASSKEYS = "You have {most} passkeys; remove one first."
LAST_WAY_IN = "This passkey is the only way in which you can log in. Set a password first."
LOGIN_TOO_OLD = "This login was begun too long ago, or in another browser. Try again."
PROVIDER_REFUSED = "The login at {provider} was not completed."
PROVIDER_UNREACHABLE = (
    "The login service {provider} cannot be used at the moment. Log in in another way, or try later."
)
PERSON_DISABLED = "This account is disabled. Ask an operator."
FIRST_ACCOUNT_MISSING = (
    "The first account is created on the machine that controlwatch runs on: "
    "controlwatch users add NAME --role operator"
)
NAME_MISSING = "Give the token a name, so that you know it again."
NO_SCOPE = "Choose what the token may do, as far as your role allows it."
TOO_MANY_TOKENS = "You have {most} tokens; revoke one first."


class AccountRefusal(UsageError):
    """Something about people is refused; the pages translate its text."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values))
        self.text, self.values = text, values
