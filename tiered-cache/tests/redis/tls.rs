//! TLS: whom the client trusts, and how it shows who it is.

#![cfg(feature = "tls")]
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{RedisOptions, RedisServer, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tiered_cache::{
    ConnectRequest, RedisConfig, RedisRemote, RedisTls, RemoteErrorKind, RemoteStore, RemoteWrite,
};

/// An authority of its own, with files of certificates it signed.
struct Authority {
    dir: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        fs::write(dir.path().join("ca.pem"), certificate.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        Self { dir, issuer }
    }

    fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// Certificate and key for a name.
    fn sign(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let path = |end: &str| self.dir.path().join(format!("{name}.{end}"));
        fs::write(path("pem"), certificate.pem()).unwrap();
        fs::write(path("key"), key.serialize_pem()).unwrap();
        (path("pem"), path("key"))
    }

    fn server(&self, clients_too: bool) -> RedisServer {
        let (cert, key) = self.sign("localhost");
        RedisServer::start_with(RedisOptions {
            tls: Some(TlsFiles {
                ca: self.ca(),
                cert,
                key,
                clients_too,
            }),
            ..RedisOptions::default()
        })
    }
}

fn config(url: String, ca_file: Option<PathBuf>) -> RedisConfig {
    RedisConfig {
        url,
        tls: RedisTls {
            ca_file,
            ..RedisTls::default()
        },
        ..RedisConfig::default()
    }
}

async fn write_and_read(remote: &RedisRemote) {
    let request = ConnectRequest {
        name: "home",
        fence: &[],
    };
    let mut lane = remote.connect(request).await.unwrap();
    // Of more than one TLS record.
    let value = bytes::Bytes::from(vec![b'v'; 100_000]);
    let write = RemoteWrite::Set {
        key: "k".into(),
        value: value.clone(),
        expires_at: None,
    };
    assert_eq!(lane.apply(vec![write]).await, Ok(vec![Ok(())]));
    let read = remote.read(&["k".into()]).await.unwrap().remove(0).unwrap();
    assert_eq!(read.unwrap().value, value);
}

async fn assert_distrust(config: RedisConfig) {
    let remote = RedisRemote::from_config(config).unwrap();
    let error = remote.read(&["k".into()]).await.unwrap_err();
    assert_eq!(error.kind(), RemoteErrorKind::Credentials, "{error}");
    assert!(error.message().contains("TLS"), "{error}");
}

#[tokio::test]
async fn a_server_of_the_given_authority_is_trusted() {
    let authority = Authority::new();
    let server = authority.server(false);
    let config = config(server.tls_url(), Some(authority.ca()));
    write_and_read(&RedisRemote::from_config(config).unwrap()).await;
}

#[tokio::test]
async fn other_authorities_and_other_names_are_not() {
    let authority = Authority::new();
    let server = authority.server(false);
    assert_distrust(config(server.tls_url(), Some(Authority::new().ca()))).await;
    let by_number = server.tls_url().replace("localhost", "127.0.0.1");
    assert_distrust(config(by_number, Some(authority.ca()))).await;
    // The system's authorities, if it has any.
    match RedisRemote::new(server.tls_url()) {
        Ok(_) => assert_distrust(config(server.tls_url(), None)).await,
        Err(error) => assert!(error.message().contains("`ca_file`"), "{error}"),
    }
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let authority = Authority::new();
    let server = authority.server(true);
    let (cert, key) = authority.sign("client");
    let mut with = config(server.tls_url(), Some(authority.ca()));
    assert_distrust(with.clone()).await;
    with.tls.cert_file = Some(cert);
    with.tls.key_file = Some(key);
    write_and_read(&RedisRemote::from_config(with).unwrap()).await;
}

#[test]
fn files_that_do_not_work_are_named() {
    let authority = Authority::new();
    let (cert, key) = authority.sign("client");
    let (_, other_key) = authority.sign("other");
    let empty = authority.dir.path().join("empty");
    fs::write(&empty, "").unwrap();
    let missing = Path::new("missing.pem").to_owned();
    let refuse = |ca_file, cert_file, key_file, expected: &str| {
        let error = RedisRemote::from_config(RedisConfig {
            url: "rediss://localhost".to_owned(),
            tls: RedisTls {
                ca_file,
                cert_file,
                key_file,
            },
            ..RedisConfig::default()
        })
        .unwrap_err();
        assert_eq!(error.kind(), RemoteErrorKind::Protocol, "{error}");
        assert!(error.message().contains(expected), "{error}");
    };
    let ca = || Some(authority.ca());
    refuse(Some(missing.clone()), None, None, "missing.pem");
    refuse(Some(empty.clone()), None, None, "empty");
    refuse(ca(), Some(cert.clone()), None, "key_file");
    refuse(ca(), None, Some(key.clone()), "cert_file");
    refuse(ca(), Some(cert.clone()), Some(missing), "missing.pem");
    refuse(ca(), Some(cert), Some(other_key), "client.pem");
    refuse(ca(), Some(empty), Some(key), "empty");
}

#[tokio::test]
async fn a_server_without_tls_is_not_there() {
    let authority = Authority::new();
    let server = RedisServer::start();
    let url = format!("rediss://localhost:{}", server.port);
    let remote = RedisRemote::from_config(config(url, Some(authority.ca()))).unwrap();
    let error = remote.read(&["k".into()]).await.unwrap_err();
    // It takes the greeting for the beginning of a command, and waits for the rest.
    assert_eq!(error.kind(), RemoteErrorKind::Timeout, "{error}");
}
