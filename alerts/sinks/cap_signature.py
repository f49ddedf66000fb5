"""A signature within a CAP message: enveloped XML-DSig with SHA-256 (CAP 1.2, clause 3.3.4.1). Extra `cap`."""

from pathlib import Path
from typing import Any

from alerts.cap import NAMESPACE


class Signer:
    """One private key and its certificate."""

    def __init__(self, key_file: str, cert_file: str) -> None:
        """Raises ValueError when the extra is missing, or key and certificate cannot be used."""
        try:
            from cryptography.hazmat.primitives.asymmetric import ec, rsa
            from cryptography.hazmat.primitives.serialization import load_pem_private_key
            from cryptography.x509 import load_pem_x509_certificates
            from signxml import algorithms
            from signxml.signer import XMLSigner
        except ImportError as error:
            text = f"signing CAP messages needs the extra cap: pip install 'straitwatch[cap]' ({error})"
            raise ValueError(text) from error
        try:
            self._key: Any = load_pem_private_key(Path(key_file).read_bytes(), None)
            self._cert = Path(cert_file).read_text(encoding="ascii")
            holder = load_pem_x509_certificates(self._cert.encode())[0]
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(f"key or certificate for CAP messages: {error}") from error
        if not isinstance(self._key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key_file}: an RSA or elliptic curve key is needed to sign CAP messages")
        if holder.public_key() != self._key.public_key():
            raise ValueError(f"{cert_file} is not the certificate of the key in {key_file}")
        is_rsa = isinstance(self._key, rsa.RSAPrivateKey)
        method = algorithms.SignatureMethod
        self._signer = XMLSigner(
            method=algorithms.SignatureConstructionMethod.enveloped,
            signature_algorithm=method.RSA_SHA256 if is_rsa else method.ECDSA_SHA256,
            digest_algorithm=algorithms.DigestAlgorithm.SHA256,
            c14n_algorithm=algorithms.CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )

    def signed(self, message: bytes) -> bytes:
        """The message with its signature as the last element."""
        from lxml import etree

        root = self._signer.sign(etree.fromstring(message), key=self._key, cert=self._cert)
        assert root.tag == f"{{{NAMESPACE}}}alert"
        return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))
