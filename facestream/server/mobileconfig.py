"""A certificate authority -> the profile by which iPhones, iPads and Macs install it. Bytes only.

It is not signed: what could vouch for the signature is the very authority that is to be installed.
Apple's systems say so, and install it all the same.
"""

from __future__ import annotations

import plistlib
import uuid
from typing import Any

from facestream.server.authority import Authority

__all__ = ["CONTENT_TYPE", "profile"]

CONTENT_TYPE = "application/x-apple-aspen-config"  # by it, Safari offers to install

_VERSION = 1  # the only one there is, of a profile and of its parts
_NAMESPACE = uuid.UUID(
    "7a4f0b0e-5c0d-4f0a-9a37-2f9f1f6f3b51"
)  # drawn once, for all profiles of ours


def profile(authority: Authority) -> bytes:
    """The file `.mobileconfig`: a profile with one certificate.

    Its identifiers follow from the certificate. So the same one installed again takes the place of
    the first, and that of another server is another profile.
    """
    return plistlib.dumps(
        {
            **_part("Configuration", authority),
            "PayloadDisplayName": authority.name,
            "PayloadDescription": (
                "Lets this device trust the facestream server at your place, so that its page may "
                "use the camera. Remove this profile, and the trust is gone."
            ),
            "PayloadRemovalDisallowed": False,
            "PayloadContent": [
                {
                    **_part("com.apple.security.root", authority),
                    "PayloadDisplayName": authority.name,
                    "PayloadDescription": "The certificate authority of the server.",
                    "PayloadCertificateFileName": "facestream-ca.crt",
                    "PayloadContent": authority.der,
                }
            ],
        }
    )


def _part(payload_type: str, authority: Authority) -> dict[str, Any]:
    own_id = uuid.uuid5(_NAMESPACE, f"{payload_type} {authority.fingerprint}")
    return {
        "PayloadType": payload_type,
        "PayloadVersion": _VERSION,
        "PayloadUUID": str(own_id).upper(),
        "PayloadIdentifier": f"facestream.{own_id}",
    }
