//! Dumps as JSON, as the engine writes it: bytes that are not printable ASCII are `\u00XX`.

use super::lines::push_hex;
use super::schema::Object;
use super::{DUMP, Dump};
use crate::error::{Error, ErrorKind, Result};
use crate::pack::{Format, Piece};

impl Dump<'_> {
    /// Writes all of it; how many entries there were.
    pub(super) fn write_json(&mut self) -> Result<u64> {
        if self.key.has_padding() || self.value.has_padding() {
            let why = "padding in a format has no place in JSON";
            return Err(Error::new(ErrorKind::NotSupported, DUMP, why));
        }
        let head = self.json_head();
        self.out.write(head.as_bytes())?;
        let columns = self.schema.table().map(Object::columns).unwrap_or_default();
        let (keys, values) = column_names(&columns, &self.key, &self.value);
        let mut count = 0;
        let mut text = String::new();
        while self.cursor.next()? {
            text.clear();
            text.push_str(if count == 0 { "\n{\n" } else { ",\n{\n" });
            push_columns(&mut text, &keys, &self.key.pieces(self.cursor.key()?)?);
            text.push_str(",\n");
            push_columns(
                &mut text,
                &values,
                &self.value.pieces(self.cursor.value()?)?,
            );
            text.push_str("\n}");
            self.out.write(text.as_bytes())?;
            count += 1;
        }
        let end = if count == 0 { "" } else { "\n" };
        let end = format!("{end}            ]\n        }}\n    ]\n}}\n");
        self.out.write(end.as_bytes())?;
        self.out.flush()?;
        Ok(count)
    }

    fn json_head(&self) -> String {
        let (major, minor, patch) = crate::Connection::version();
        let mut text =
            format!("{{\n    \"WiredTiger Dump Version\" : \"1 ({major}.{minor}.{patch})\",\n");
        if let Some(table) = self.schema.table() {
            text.push_str(&format!("    \"{}\" : [\n        {{\n", table.uri));
            text.push_str("            \"config\" : ");
            push_text(&mut text, table.config().as_bytes());
            text.push_str(",\n");
        }
        for (kind, name, after) in [("colgroup", "colgroups", ","), ("index", "indices", "")] {
            text.push_str(&format!("            \"{name}\" : ["));
            let mut any = false;
            for part in self.schema.parts(kind) {
                let comma = if any { "," } else { "" };
                text.push_str(&format!(
                    "{comma}\n                {{\n                    \"uri\" : \"{}\",\n                    \"config\" : ",
                    part.uri
                ));
                push_text(&mut text, part.config().as_bytes());
                text.push_str("\n                }");
                any = true;
            }
            let end = if any { "\n            " } else { "" };
            text.push_str(&format!("{end}]{after}\n"));
        }
        text.push_str("        },\n        {\n            \"data\" : [");
        text
    }
}

/// The names of the columns of keys and values, made up if the table has none.
pub(super) fn column_names(
    columns: &[String],
    key: &Format,
    value: &Format,
) -> (Vec<String>, Vec<String>) {
    let (keys, values) = (key.columns(), value.columns());
    if columns.len() == keys + values {
        let (keys, values) = columns.split_at(keys);
        return (keys.to_vec(), values.to_vec());
    }
    let made_up = |kind: &str, count| (0..count).map(|at| format!("{kind}{at}")).collect();
    (made_up("key", keys), made_up("value", values))
}

fn push_columns(text: &mut String, names: &[String], pieces: &[Piece<'_>]) {
    for (at, (name, piece)) in names.iter().zip(pieces).enumerate() {
        if at > 0 {
            text.push_str(",\n");
        }
        push_text(text, name.as_bytes());
        text.push_str(" : ");
        match piece {
            Piece::Int(number) => text.push_str(&number.to_string()),
            Piece::Uint(number) => text.push_str(&number.to_string()),
            Piece::Text(bytes) => push_text(text, bytes),
            Piece::Bytes(bytes) => {
                text.push('"');
                bytes.iter().for_each(|byte| push_escaped(text, *byte));
                text.push('"');
            }
        }
    }
}

/// Printable bytes as they are. A short escape such as `\n` would be right, too, but this release's
/// `wt load -j` counts it as two bytes and adds a zero to the value.
fn push_text(text: &mut String, bytes: &[u8]) {
    text.push('"');
    for byte in bytes {
        match byte {
            b'"' | b'\\' => push_escaped(text, *byte),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => push_escaped(text, *byte),
        }
    }
    text.push('"');
}

fn push_escaped(text: &mut String, byte: u8) {
    text.push_str("\\u00");
    push_hex(text, &[byte]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_byte_by_byte() {
        let mut text = String::new();
        push_text(&mut text, "a\"\\\n\u{1}\u{7f}ü".as_bytes());
        assert_eq!(text, r#""a\u0022\u005c\u000a\u0001\u007f\u00c3\u00bc""#);
        text.clear();
        let names = ["a".to_owned(), "b".to_owned()];
        push_columns(&mut text, &names, &[Piece::Bytes(b"x\0"), Piece::Int(-7)]);
        assert_eq!(text, "\"a\" : \"\\u0078\\u0000\",\n\"b\" : -7");
    }
}
