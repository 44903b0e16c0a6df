//! TLS: a certificate and its key from two files, read anew when asked.
//!
//! Invariant: files that cannot be used never replace a pair that can.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate with its key, in use.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    held: RwLock<Arc<ServerConfig>>,
}

/// Why a pair of files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds nothing of its kind.
    #[error("failed to read `{path}`: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// They do not fit each other, or are of a kind that is not known.
    #[error("failed to use certificate and key: {0}")]
    Pair(#[from] rustls::Error),
}

impl Tls {
    /// Reads a pair.
    ///
    /// # Errors
    /// Where the files cannot be used.
    pub fn open(certificate: &Path, key: &Path) -> Result<Tls, TlsError> {
        let held = RwLock::new(Arc::new(read(certificate, key)?));
        Ok(Tls { certificate: certificate.to_owned(), key: key.to_owned(), held })
    }

    /// Reads the files anew, for the connections to come.
    ///
    /// # Errors
    /// Where they cannot be used; the pair before stays.
    pub fn renew(&self) -> Result<(), TlsError> {
        let renewed = Arc::new(read(&self.certificate, &self.key)?);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    /// What shakes hands now.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&held))
    }
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let failed = |path: &Path, why: &dyn std::fmt::Display| TlsError::File {
        path: path.to_owned(),
        why: why.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|it| failed(certificate, &it))?;
    if chain.is_empty() {
        return Err(failed(certificate, &"there is no certificate in it"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|it| failed(key, &it))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut config = builder.with_single_cert(chain, secret)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
