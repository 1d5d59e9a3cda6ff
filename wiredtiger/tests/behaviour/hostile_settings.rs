//! Rules 10 to 12: settings in the engine's language that it would not survive, or obey too well.

use wiredtiger::{
    Connection, ConnectionOptions, ErrorKind, SessionOptions, TableOptions, TransactionOptions,
};

use crate::common::{in_memory, temp};

/// Refused by this crate.
const MALFORMED: &[&str] = &[
    "=",
    "=x",
    "log=(",
    "log=)",
    "log=(enabled",
    "a=\"b",
    "\"ä\"=1",
    "\"\u{ff}\"=(x=1)",
    "ä",
    "a=ä",
    "a\0b",
    "a=\"\\\"",
    "a==b",
    "(x)",
    "log=(enabled=true]",
];

/// Well-formed: the engine decides. Under AddressSanitizer a bare category at the end of the
/// string would be caught reading past it.
const BARE: &[&str] = &[
    "log",
    "eviction",
    "encryption",
    "create,log",
    "statistics_log",
    "checkpoint",
    "debug_mode",
    "unknown",
    "unknown=(a=b)",
    "cache_size=",
    "cache_size=abc",
    "isolation",
    "isolation=x",
];

#[test]
fn nothing_a_caller_writes_harms_the_database() {
    let (connection, mut session, table) = in_memory();
    for text in MALFORMED.iter().chain(BARE) {
        let refused = MALFORMED.contains(text);
        let outcomes = [
            (
                "open",
                Connection::options().raw(*text).open_in_memory().map(drop),
            ),
            (
                "session",
                connection
                    .open_session_with(&SessionOptions::new().raw(*text))
                    .map(drop),
            ),
            (
                "create",
                session
                    .create_table::<u64, u64>("x", &TableOptions::new().raw(*text))
                    .map(drop),
            ),
            (
                "begin",
                session
                    .begin_with(&TransactionOptions::new().raw(*text))
                    .map(drop),
            ),
        ];
        for (method, outcome) in outcomes {
            if let Err(error) = outcome {
                let kind = error.kind();
                assert!(!error.is_fatal(), "{method} {text:?}: {error}");
                assert!(
                    refused || kind != ErrorKind::InteriorNul,
                    "{method} {text:?}: {error}"
                );
            } else {
                assert!(!refused, "{method} accepts {text:?}");
            }
        }
    }
    session.put(&table, "k", "v").unwrap();
}

#[test]
fn harmful_settings_and_the_environment_stay_out() {
    let (_dir, home) = temp();
    for text in [
        "extensions=(/tmp/x.so)",
        "use_environment=true",
        "transaction_sync=(enabled)",
        // Each of these was seen to harm the engine, or to break a promise.
        "compile_configuration_count=4294967295",
        "log=(path=elsewhere)",
        "salvage=true",
        "history_store=(file_max=1)",
    ] {
        let error = Connection::options()
            .create(true)
            .raw(text)
            .open(&home)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
    }
    let error = Connection::options()
        .session_max(u32::MAX)
        .open_in_memory()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    // Nor can a value break out of its quotes.
    let options = TableOptions::new().app_metadata("x\",key_format=\"q");
    let (_connection, mut session, _) = in_memory();
    let error = session
        .create_table::<String, String>("y", &options)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_key_of_an_encryptor_is_in_no_message() {
    let (_dir, home) = temp();
    let secret = "00112233445566778899aabbccddeeff";
    let options = Connection::options().create(true).encryption(secret);
    assert!(!format!("{options:?}").contains(secret));
    let shown = |options: ConnectionOptions| match options.open(&home) {
        Ok(_) => String::new(),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!shown(options).contains(secret));
    assert!(!shown(Connection::options().encryption(format!("{secret}?"))).contains(secret));
    let raw = format!("encryption=(name=sodium,secretkey={secret}");
    assert!(!shown(Connection::options().create(true).raw(raw)).contains(secret));
}
