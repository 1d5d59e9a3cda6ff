//! Names of tables.

use crate::error::{Error, ErrorKind, Result};

/// A table's file is the name with an ending of three bytes, and file systems allow 255.
const MAX_LEN: usize = 240;

/// The URI of the table `name`.
///
/// The engine itself accepts names that lead out of its home (`../x`) and its own files' names
/// in some calls; a name here is made of ASCII letters, digits, `_`, `-` and `.`, does not begin
/// with a dot and not with `WiredTiger`.
pub(crate) fn table_uri(name: &str) -> Result<String> {
    let refuse = |why: &str| {
        let kind = if name.contains('\0') {
            ErrorKind::InteriorNul
        } else {
            ErrorKind::InvalidArgument
        };
        Err(Error::new(kind, "table name", format!("{name:?} {why}")))
    };
    if name.is_empty() {
        return refuse("is empty");
    }
    if name.len() > MAX_LEN {
        return refuse("is longer than 240 bytes");
    }
    if let Some(bad) = name
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"_-.".contains(*c))
    {
        return refuse(&format!(
            "has the character {bad:?}: use letters, digits, '_', '-', '.'"
        ));
    }
    if name.starts_with('.') {
        return refuse("begins with a dot");
    }
    // In any case: some file systems do not tell them apart.
    if name.to_ascii_lowercase().starts_with("wiredtiger") {
        return refuse("begins with WiredTiger, which the engine keeps for itself");
    }
    Ok(format!("table:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_pass_and_others_do_not() {
        assert_eq!(
            table_uri("orders-2026.v1_x").unwrap(),
            "table:orders-2026.v1_x"
        );
        for name in [
            "",
            "../x",
            "a/b",
            ".hidden",
            "..",
            "a b",
            "a,b",
            "a:b",
            "a\"b",
            "a\0b",
            "ä",
            "a(b",
            "WiredTiger",
            "WiredTigerHS",
            "wiredtiger",
            "a\nb",
        ] {
            assert!(table_uri(name).is_err(), "{name:?}");
        }
        assert!(table_uri(&"x".repeat(241)).is_err());
        assert_eq!(
            table_uri("a\0b").unwrap_err().kind(),
            ErrorKind::InteriorNul
        );
    }
}
