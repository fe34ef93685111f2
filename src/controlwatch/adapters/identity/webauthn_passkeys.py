"""Passkeys (WebAuthn): what browsers are asked for, and whether what they answer proves it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from controlwatch.core.model.account import Account, Passkey
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.services.account_records import PasskeyRefused

MAX_ANSWER = 20_000  #: characters of what a browser sends
#: What the library raises for an answer that is damaged, beside its own errors.
DAMAGED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeySite:
    """The site that passkeys are bound to: they work nowhere else."""

    rp_id: str  #: a name of a host: alerts.example.com, or localhost
    origin: str  #: https://alerts.example.com

    def build_login_options(self, challenge: bytes) -> str:
        """Return what `navigator.credentials.get` needs, as JSON: any passkey of this site."""
        return options_to_json(
            generate_authentication_options(
                rp_id=self.rp_id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
            )
        )

    def build_registration_options(
        self, challenge: bytes, account: Account, known: Sequence[Passkey], *, secret: bytes
    ) -> str:
        """Return what `navigator.credentials.create` needs, as JSON; known passkeys are excluded."""
        handle = hmac.digest(secret, f"passkey user:{account.id}".encode(), "sha256")
        return options_to_json(
            generate_registration_options(
                rp_id=self.rp_id,
                rp_name="controlwatch",
                user_id=handle,
                user_name=account.name,
                challenge=challenge,
                attestation=AttestationConveyancePreference.NONE,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                exclude_credentials=[
                    PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential))
                    for passkey in known
                ],
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebauthnVerifier:
    """Verifies answers to one challenge on one site. Raises `PasskeyRefused`."""

    site: PasskeySite
    challenge: bytes

    def find_credential(self, answer: str) -> str:
        """Return the id of the passkey that an answer names, in base64url."""
        if len(answer) > MAX_ANSWER:
            raise PasskeyRefused("the answer is too long")
        try:
            named = json.loads(answer)["id"]
        except (*DAMAGED,) as error:
            raise PasskeyRefused("the answer is not one") from error
        if not isinstance(named, str) or not 0 < len(named) <= 2_000:
            raise PasskeyRefused("the answer names no passkey")
        return named

    def verify_login(self, answer: str, passkey: Passkey) -> int:
        """Return the new sign count of a passkey, whose owner the device has verified."""
        try:
            verified = verify_authentication_response(
                credential=answer,
                expected_challenge=self.challenge,
                expected_rp_id=self.site.rp_id,
                expected_origin=self.site.origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, *DAMAGED) as error:
            raise PasskeyRefused(to_one_line(str(error), 160)) from error
        return verified.new_sign_count

    def verify_registration(self, answer: str, *, account_id: int, name: str, now: datetime) -> Passkey:
        """Return a new passkey of a person, with the id 0."""
        self.find_credential(answer)
        try:
            verified = verify_registration_response(
                credential=answer,
                expected_challenge=self.challenge,
                expected_rp_id=self.site.rp_id,
                expected_origin=self.site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, *DAMAGED) as error:
            raise PasskeyRefused(to_one_line(str(error), 160)) from error
        return Passkey(
            id=0,
            account_id=account_id,
            credential=bytes_to_base64url(verified.credential_id),
            public_key=bytes_to_base64url(verified.credential_public_key),
            sign_count=verified.sign_count,
            name=to_one_line(name, 100),
            created_at=now,
        )
