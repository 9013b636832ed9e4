//! Certificates of one's own: whom to trust, and how to show who we are.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::beside;
use super::file::TlsFiles;
use crate::mqtt_url;

/// What the files say. Without a CA of one's own, the system's are trusted.
pub(super) fn config(files: &TlsFiles, directory: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let roots = match &files.ca {
        None => mqtt_url::system_roots()?,
        Some(file) => {
            let path = beside(directory, file);
            let mut roots = RootCertStore::empty();
            for certificate in certificates(&path, "tls.ca_file")? {
                roots
                    .add(certificate)
                    .with_context(|| format!("trust the certificate in {}", path.display()))?;
            }
            roots
        }
    };
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let config = match (&files.certificate, &files.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let chain = certificates(&beside(directory, certificate), "tls.certificate_file")?;
            let path = beside(directory, key);
            let key = PrivateKeyDer::from_pem_file(&path)
                .map_err(|error| anyhow::anyhow!("{error}"))
                .with_context(|| format!("read the private key in {} (tls.key_file, PEM)", path.display()))?;
            builder.with_client_auth_cert(chain, key).with_context(|| {
                format!(
                    "use the certificate of tls.certificate_file with the key in {}",
                    path.display()
                )
            })?
        }
        _ => anyhow::bail!("a client certificate is two files: tls.certificate_file and tls.key_file"),
    };
    Ok(Arc::new(config))
}

fn certificates(path: &Path, key: &str) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let what = || format!("read the certificates in {} ({key}, PEM)", path.display());
    let all: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .with_context(what)?;
    anyhow::ensure!(!all.is_empty(), "{}: there is none in it", what());
    Ok(all)
}
