//! TLS, by rustls with a provider of our own: none has to be installed for the process.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::config::RedisTls;
use crate::remote::{RemoteError, RemoteErrorKind};

/// How to speak TLS with the server.
pub(super) struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl Tls {
    pub(super) fn new(files: &RedisTls, host: &str) -> Result<Self, RemoteError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(format!("TLS: {error}")))?
            .with_root_certificates(authorities(files.ca_file.as_deref())?);
        let config = match (&files.cert_file, &files.key_file) {
            (None, None) => config.with_no_client_auth(),
            (Some(cert_file), Some(key_file)) => {
                let key = PrivateKeyDer::from_pem_slice(&contents(key_file)?)
                    .map_err(|error| unreadable(key_file, &error))?;
                config
                    .with_client_auth_cert(certificates(cert_file)?, key)
                    .map_err(|error| unreadable(cert_file, &error))?
            }
            _ => return Err(invalid("TLS: `cert_file` and `key_file` go together")),
        };
        let server = ServerName::try_from(host.to_owned())
            .map_err(|error| invalid(format!("TLS: the host name {host}: {error}")))?;
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            server,
        })
    }

    pub(super) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.server.clone(), stream).await
    }
}

fn authorities(ca_file: Option<&Path>) -> Result<RootCertStore, RemoteError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            for certificate in certificates(path)? {
                roots
                    .add(certificate)
                    .map_err(|error| unreadable(path, &error))?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            for error in &system.errors {
                tracing::warn!(%error, "a certificate authority of the system was left out");
            }
            let (usable, _) = roots.add_parsable_certificates(system.certs);
            if usable == 0 {
                return Err(invalid(
                    "TLS: the system has no certificate authorities; name some by `ca_file`",
                ));
            }
        }
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, RemoteError> {
    let certificates = CertificateDer::pem_slice_iter(&contents(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(path, &error))?;
    if certificates.is_empty() {
        return Err(unreadable(path, &"there is no certificate in it"));
    }
    Ok(certificates)
}

fn contents(path: &Path) -> Result<Vec<u8>, RemoteError> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, reason: &dyn std::fmt::Display) -> RemoteError {
    invalid(format!("TLS: {}: {reason}", path.display()))
}

fn invalid(message: impl Into<String>) -> RemoteError {
    RemoteError::new(RemoteErrorKind::Protocol, message)
}

/// The TLS error in an I/O error, if it says that one side does not trust the other.
pub(super) fn distrust(error: &io::Error) -> Option<&rustls::Error> {
    error
        .get_ref()?
        .downcast_ref::<rustls::Error>()
        .filter(|error| {
            matches!(
                error,
                rustls::Error::InvalidCertificate(_)
                    | rustls::Error::AlertReceived(_)
                    | rustls::Error::NoCertificatesPresented
            )
        })
}
