//! Names of tables, of their parts, and of columns.

use std::ffi::{CStr, CString};

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
        let kind = ErrorKind::of_invalid(name);
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

/// Names of columns and of parts of a table, which stand in configurations and in URIs: ASCII
/// letters, digits and `_`.
pub(crate) fn checked<'a>(
    what: &str,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<String>> {
    let mut list: Vec<String> = Vec::new();
    for name in names {
        let why = if name.is_empty() || name.len() > MAX_LEN {
            "is empty or too long"
        } else if !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            "has other characters than letters, digits and '_'"
        } else if list.contains(name) {
            "is there twice"
        } else {
            list.push(name.clone());
            continue;
        };
        let kind = ErrorKind::of_invalid(name);
        return Err(Error::new(
            kind,
            "name",
            format!("the {what} {name:?} {why}"),
        ));
    }
    Ok(list)
}

/// The URI of a part of a table: `index:TABLE:NAME`, for example.
pub(crate) fn uri_of_part(kind: &str, table: &str, name: &str) -> Result<CString> {
    table_uri(table)?;
    checked(kind, [&name.to_owned()])?;
    // Without a NUL, as all checked names are.
    Ok(CString::new(format!("{kind}:{table}:{name}")).unwrap_or_default())
}

/// The URI of some columns of what `uri` names; of all if there are no names.
pub(crate) fn uri_of_columns(uri: &CStr, columns: &[String]) -> Result<CString> {
    if columns.is_empty() {
        return Ok(uri.to_owned());
    }
    let columns = checked("column", columns)?.join(",");
    let text = format!("{}({columns})", uri.to_string_lossy());
    Ok(CString::new(text).unwrap_or_default())
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
