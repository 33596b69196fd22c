//! The answer taken apart: TimeStampResp, and the SignedData (RFC 5652) in it.

use der::asn1::AnyRef;
use der::{Decode, Encode, Reader, SliceReader, Tag};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::base::UnixMs;
use crate::evidence::tsp::{RESPONSE_BYTES_MAX, TspError};

/// Contents of OBJECT IDENTIFIERs.
mod oid {
    pub const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    pub const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
    pub const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
    pub const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
    pub const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    pub const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
    pub const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
}

/// One answer, not believed yet.
pub(super) struct Token<'a> {
    pub(super) imprint: &'a [u8],
    pub(super) nonce: Option<&'a [u8]>,
    pub(super) at: UnixMs,
    pub(super) certificates: Vec<CertificateDer<'a>>,
    /// The DER that was signed over, and what signs it.
    info: &'a [u8],
    digest: &'a [u8],
    attributes: AnyRef<'a>,
    signature: &'a [u8],
}

type Part<T> = Result<T, TspError>;

const fn bad(what: &'static str) -> TspError {
    TspError::Form(what)
}

/// The elements inside a constructed one.
fn inside<'a>(any: AnyRef<'a>, what: &'static str) -> Part<Vec<AnyRef<'a>>> {
    let mut reader = SliceReader::new(any.value()).map_err(|_| bad(what))?;
    let mut out = Vec::new();
    while !reader.is_finished() {
        out.push(AnyRef::decode(&mut reader).map_err(|_| bad(what))?);
    }
    Ok(out)
}

/// Whether it is tagged `[0]`.
fn is_zero(any: AnyRef<'_>) -> bool {
    matches!(any.header().tag(), Tag::ContextSpecific { number, .. } if number.value() == 0)
}

/// The next element, which has this tag.
fn next<'a>(
    parts: &mut impl Iterator<Item = AnyRef<'a>>,
    wanted: Tag,
    what: &'static str,
) -> Part<AnyRef<'a>> {
    parts.next().filter(|any| any.header().tag() == wanted).ok_or(bad(what))
}

impl<'a> Token<'a> {
    pub(super) fn read(response: &'a [u8]) -> Part<Self> {
        if response.len() > RESPONSE_BYTES_MAX {
            return Err(bad("it is too long"));
        }
        let outer = AnyRef::from_der(response).map_err(|_| bad("no DER"))?;
        let mut parts = inside(outer, "TimeStampResp")?.into_iter();
        let status = next(&mut parts, Tag::Sequence, "PKIStatusInfo")?;
        let status = inside(status, "PKIStatusInfo")?;
        let status = status.first().ok_or(bad("PKIStatus"))?.value();
        // granted, grantedWithMods
        if !matches!(status, [0 | 1]) {
            return Err(TspError::Refused(u64::from(status.first().copied().unwrap_or(255))));
        }
        let content = next(&mut parts, Tag::Sequence, "timeStampToken")?;
        let mut content = inside(content, "ContentInfo")?.into_iter();
        if next(&mut content, Tag::ObjectIdentifier, "contentType")?.value() != oid::SIGNED_DATA {
            return Err(bad("no SignedData"));
        }
        let explicit = content.next().ok_or(bad("SignedData"))?;
        let data = inside(explicit, "SignedData")?;
        Self::of_signed_data(*data.first().ok_or(bad("SignedData"))?)
    }

    fn of_signed_data(data: AnyRef<'a>) -> Part<Self> {
        let mut parts = inside(data, "SignedData")?.into_iter();
        next(&mut parts, Tag::Integer, "version")?;
        next(&mut parts, Tag::Set, "digestAlgorithms")?;
        let encapsulated = next(&mut parts, Tag::Sequence, "encapContentInfo")?;
        let info = encapsulated_info(encapsulated)?;
        let mut certificates = Vec::new();
        let mut signers = None;
        for part in parts {
            if is_zero(part) {
                for one in inside(part, "certificates")? {
                    let der = one.to_der().map_err(|_| bad("certificates"))?;
                    certificates.push(CertificateDer::from(der));
                }
            } else if part.header().tag() == Tag::Set {
                signers = Some(part);
            }
        }
        let signers = inside(signers.ok_or(bad("signerInfos"))?, "signerInfos")?;
        let [signer] = signers.as_slice() else {
            return Err(bad("there is not one signer"));
        };
        let signer = inside(*signer, "SignerInfo")?;
        // version, sid, digestAlgorithm, [0] signedAttrs, signatureAlgorithm, signature
        let [_, _, digest, attributes, _, signature, ..] = signer.as_slice() else {
            return Err(bad("SignerInfo"));
        };
        if !is_zero(*attributes) || signature.header().tag() != Tag::OctetString {
            return Err(bad("SignerInfo has no signed attributes"));
        }
        let digest = inside(*digest, "digestAlgorithm")?;
        let digest = digest.first().ok_or(bad("digestAlgorithm"))?.value();
        let (imprint, nonce, at) = of_info(info)?;
        Ok(Self {
            imprint,
            nonce,
            at,
            certificates,
            info,
            digest,
            attributes: *attributes,
            signature: signature.value(),
        })
    }

    /// The certificate whose key signed this, and over just this.
    pub(super) fn verified(&self) -> Part<CertificateDer<'a>> {
        let wrong = TspError::Signature;
        let mut typed = false;
        let mut digested = false;
        for attribute in inside(self.attributes, "signedAttrs")? {
            let parts = inside(attribute, "Attribute")?;
            let [name, values] = parts.as_slice() else { return Err(bad("Attribute")) };
            let values = inside(*values, "Attribute")?;
            let [value] = values.as_slice() else { continue };
            if name.value() == oid::CONTENT_TYPE {
                typed = value.value() == oid::TST_INFO;
            } else if name.value() == oid::MESSAGE_DIGEST {
                digested = self.hashed(self.info)? == value.value();
            }
        }
        if !typed || !digested {
            return Err(wrong("what was signed is not this time"));
        }
        // Signed as a SET, sent as [0]: RFC 5652, section 5.4.
        let set = AnyRef::new(Tag::Set, self.attributes.value()).and_then(|set| set.to_der());
        let set = set.map_err(|_| bad("signedAttrs"))?;
        let algorithms = self.algorithms()?;
        self.certificates
            .iter()
            .find(|certificate| {
                webpki::EndEntityCert::try_from(*certificate).is_ok_and(|end| {
                    let by = |a: &&dyn SignatureVerificationAlgorithm| {
                        end.verify_signature(*a, &set, self.signature).is_ok()
                    };
                    algorithms.iter().any(by)
                })
            })
            .cloned()
            .ok_or(wrong("no certificate in it fits"))
    }

    fn hashed(&self, bytes: &[u8]) -> Part<Vec<u8>> {
        match self.digest {
            oid::SHA256 => Ok(Sha256::digest(bytes).to_vec()),
            oid::SHA384 => Ok(Sha384::digest(bytes).to_vec()),
            oid::SHA512 => Ok(Sha512::digest(bytes).to_vec()),
            _ => Err(bad("its hash is none of SHA-256, SHA-384 and SHA-512")),
        }
    }

    /// Those that go with its hash; the certificate's key picks one of them.
    fn algorithms(&self) -> Part<&'static [&'static dyn SignatureVerificationAlgorithm]> {
        use webpki::ring as by;
        static SHA256: [&dyn SignatureVerificationAlgorithm; 4] = [
            by::RSA_PKCS1_2048_8192_SHA256,
            by::ECDSA_P256_SHA256,
            by::ECDSA_P384_SHA256,
            by::ED25519,
        ];
        static SHA384: [&dyn SignatureVerificationAlgorithm; 4] = [
            by::RSA_PKCS1_2048_8192_SHA384,
            by::ECDSA_P256_SHA384,
            by::ECDSA_P384_SHA384,
            by::ED25519,
        ];
        static SHA512: [&dyn SignatureVerificationAlgorithm; 2] =
            [by::RSA_PKCS1_2048_8192_SHA512, by::ED25519];
        match self.digest {
            oid::SHA256 => Ok(&SHA256),
            oid::SHA384 => Ok(&SHA384),
            oid::SHA512 => Ok(&SHA512),
            _ => Err(bad("its hash is none of SHA-256, SHA-384 and SHA-512")),
        }
    }
}

/// The DER of the TSTInfo.
fn encapsulated_info(encapsulated: AnyRef<'_>) -> Part<&[u8]> {
    let mut parts = inside(encapsulated, "encapContentInfo")?.into_iter();
    if next(&mut parts, Tag::ObjectIdentifier, "eContentType")?.value() != oid::TST_INFO {
        return Err(bad("no TSTInfo"));
    }
    let content = inside(parts.next().ok_or(bad("eContent"))?, "eContent")?;
    let info = content.first().filter(|any| any.header().tag() == Tag::OctetString);
    Ok(info.ok_or(bad("eContent"))?.value())
}

/// Imprint, nonce and time.
type Info<'a> = (&'a [u8], Option<&'a [u8]>, UnixMs);

/// What is read of a TSTInfo.
fn of_info(info: &[u8]) -> Part<Info<'_>> {
    let info = AnyRef::from_der(info).map_err(|_| bad("TSTInfo"))?;
    let mut parts = inside(info, "TSTInfo")?.into_iter();
    next(&mut parts, Tag::Integer, "version")?;
    next(&mut parts, Tag::ObjectIdentifier, "policy")?;
    let imprint = inside(next(&mut parts, Tag::Sequence, "messageImprint")?, "messageImprint")?;
    let [algorithm, hash] = imprint.as_slice() else { return Err(bad("messageImprint")) };
    let algorithm = inside(*algorithm, "messageImprint")?;
    if algorithm.first().is_none_or(|name| name.value() != oid::SHA256) {
        return Err(TspError::Other("its hash is not SHA-256"));
    }
    next(&mut parts, Tag::Integer, "serialNumber")?;
    let at = next(&mut parts, Tag::GeneralizedTime, "genTime")?;
    let at = time(at.value()).ok_or(bad("genTime"))?;
    let nonce = parts.find(|any| any.header().tag() == Tag::Integer).map(AnyRef::value);
    Ok((hash.value(), nonce, at))
}

/// `YYYYMMDDhhmmss[.f]Z`; fractions are left out.
fn time(text: &[u8]) -> Option<UnixMs> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let at = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?;
    let at = at.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(UnixMs(at.as_millisecond()))
}
