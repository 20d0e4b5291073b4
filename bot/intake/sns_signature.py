"""SNS's signatures, and the certificates that they rest on.

Source: SNS developer guide, "Verifying the signatures of Amazon SNS messages": PKCS #1 v1.5 with SHA-1 (version 1) or
SHA-256 (version 2). Which names a signing certificate has: `SnsHostProvider` of the AWS SDK for Java 2.x; regions that
one opts into have names of their own.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

HASHES: Mapping[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}
SMALLEST = 2048
"""Bits of a key that counts."""
LONGEST = 2048
"""Characters of a signature: 344 for a key of 2048 bits."""


@dataclass(frozen=True)
class SigningKey:
    """A certificate's key, and the times within which it counts."""

    public: RSAPublicKey
    since: datetime
    until: datetime

    def fits(self, signed: bytes, signature: str, version: str, now: datetime) -> bool:
        """Whether `signature` (base64) is this key's over `signed`, while its certificate is in date."""
        algorithm = HASHES.get(version)
        if algorithm is None or not self.since <= now <= self.until or len(signature) > LONGEST:
            return False
        try:
            self.public.verify(binascii.a2b_base64(signature, strict_mode=True), signed, PKCS1v15(), algorithm())
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True


def read_key(pem: str) -> SigningKey:
    """Of a certificate that `checked` has given."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    public = certificate.public_key()
    assert isinstance(public, RSAPublicKey)
    return SigningKey(public, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def checked(pem: bytes, region: str, domain: str, now: datetime) -> tuple[str, datetime]:
    """The certificate in PEM and until when it is good. ValueError, with what is wrong, for one by which SNS does not
    sign in this region now.

    That it is AWS's own follows from where it was fetched. Its issuer's certificate is not in the file; whoever wants
    it would have to follow an address in this one.
    """
    if not pem.strip().startswith(b"-----BEGIN CERTIFICATE-----"):
        raise ValueError("it is no certificate")
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        public, names = certificate.public_key(), _names(certificate)
    except (ValueError, UnsupportedAlgorithm, x509.UnsupportedGeneralNameType, x509.DuplicateExtension):
        raise ValueError("it is no certificate") from None
    if not isinstance(public, RSAPublicKey) or public.key_size < SMALLEST:
        raise ValueError("its key is none of SNS's")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise ValueError("it is not in date")
    if names.isdisjoint(signing_names(region, domain)):
        raise ValueError("it is not in the name of SNS")
    return certificate.public_bytes(Encoding.PEM).decode(), certificate.not_valid_after_utc


def signing_names(region: str, domain: str) -> frozenset[str]:
    """The names of SNS's signing certificates in a region."""
    # Both regions of GovCloud sign in the name of the western one.
    shared = "sns-us-gov-west-1" if region.startswith("us-gov-") else f"sns-{region}"
    return frozenset(f"{host}.{domain}" for host in ("sns", f"sns.{region}", f"sns-signing.{region}", shared))


def _names(certificate: x509.Certificate) -> frozenset[str]:
    """DNS names; of a certificate without any the common name."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return frozenset(extension.value.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return frozenset(str(each.value) for each in common)
