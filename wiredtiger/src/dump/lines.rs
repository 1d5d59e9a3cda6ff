//! Dumps of one line for each key and each value.

use std::io::BufRead;

use super::schema::Schema;
use super::source::Source;
use super::{Dump, LoadReport, Loading, unsupported};
use crate::config::pairs;
use crate::error::Result;
use crate::pack::{Piece, Value};
use crate::session::Session;

impl Dump<'_> {
    /// Writes all of it; how many entries there were.
    pub(super) fn write_lines(&mut self, hex: bool) -> Result<u64> {
        let (major, minor, patch) = crate::Connection::version();
        let format = if hex { "hex" } else { "print" };
        let head = format!(
            "WiredTiger Dump (WiredTiger Version {major}.{minor}.{patch})\nFormat={format}\n\
             Header\n{}Data\n",
            self.schema.lines()
        );
        self.out.write(head.as_bytes())?;
        let push = if hex { push_hex } else { push_print };
        let numbered = self.key.is_record_number();
        let mut count = 0;
        let mut line = String::new();
        while self.cursor.next()? {
            line.clear();
            let key = self.cursor.key()?;
            if numbered {
                // The tools write record numbers as such.
                if let [Piece::Uint(number)] = self.key.pieces(key)?[..] {
                    line.push_str(&number.to_string());
                }
            } else {
                push(&mut line, key);
            }
            line.push('\n');
            push(&mut line, self.cursor.value()?);
            line.push('\n');
            self.out.write(line.as_bytes())?;
            count += 1;
        }
        self.out.flush()?;
        Ok(count)
    }
}

/// Loads a dump of lines.
pub(super) fn load(session: &mut Session, input: &mut dyn BufRead) -> Result<LoadReport> {
    let mut lines = Source::new(input);
    let (schema, hex) = read_head(&mut lines)?;
    let decode = if hex { from_hex } else { from_print };
    let mut loading = Loading::begin(session, &schema)?;
    let numbered = loading.table.key_format().is_record_number();
    let (mut number, mut packed) = (Vec::new(), Vec::new());
    while let Some(key) = lines.next()? {
        let value = lines.needed()?;
        let bytes =
            |line: &str| decode(line).ok_or_else(|| lines.wrong("this is not as its format says"));
        if numbered {
            let of = key
                .parse()
                .map_err(|_| lines.wrong("this is no record number"))?;
            number.clear();
            number.push(Value::Uint(of));
            let of = loading.table.pack_key(&number, &mut packed);
            of.map_err(|error| lines.locate(error))?;
        } else {
            packed = bytes(&key)?;
        }
        let stored = loading.store_bytes(session, &packed, &bytes(&value)?);
        stored.map_err(|error| lines.locate(error))?;
    }
    Ok(loading.report())
}

/// What stands before the data; whether that is hexadecimal.
fn read_head(lines: &mut Source<'_>) -> Result<(Schema, bool)> {
    if !lines.needed()?.starts_with("WiredTiger Dump ") {
        return Err(lines.wrong("this is no dump"));
    }
    let hex = match &lines.needed()?[..] {
        "Format=hex" => true,
        "Format=print" => false,
        other => return Err(unsupported(&format!("{other:?}"))),
    };
    if lines.needed()? != "Header" {
        return Err(lines.wrong("the header is missing"));
    }
    let mut schema = Schema::default();
    loop {
        let uri = lines.needed()?;
        if uri == "Data" {
            return Ok((schema, hex));
        }
        let settings = pairs(&lines.needed()?).map_err(|why| lines.wrong(&why))?;
        schema.add(uri, settings);
    }
}

impl Source<'_> {
    fn next(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line);
        self.line += 1;
        match read {
            Ok(0) => Ok(None),
            Ok(_) if line.ends_with('\n') => {
                line.pop();
                Ok(Some(line))
            }
            Ok(_) => Err(self.wrong("the last line is cut off")),
            Err(why) => Err(self.unreadable(&why)),
        }
    }

    fn needed(&mut self) -> Result<String> {
        self.next()?.ok_or_else(|| self.wrong("the dump ends here"))
    }
}

const DIGITS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
];

pub(super) fn push_hex(line: &mut String, bytes: &[u8]) {
    for byte in bytes {
        line.push(DIGITS[usize::from(byte >> 4)]);
        line.push(DIGITS[usize::from(byte & 0x0f)]);
    }
}

/// Printable bytes as they are; a backslash twice, and before the two digits of others.
fn push_print(line: &mut String, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'\\' => line.push_str("\\\\"),
            b' '..=b'~' => line.push(char::from(*byte)),
            _ => {
                line.push('\\');
                push_hex(line, &[*byte]);
            }
        }
    }
}

fn from_hex(line: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    };
    line.as_bytes().chunks(2).map(pair).collect()
}

fn from_print(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
        } else if rest.first() == Some(&b'\\') {
            bytes.push(b'\\');
            rest = &rest[1..];
        } else {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.extend(from_hex(std::str::from_utf8(digits).ok()?)?);
            rest = after;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bytes_again() {
        let all: Vec<u8> = (0..=255).collect();
        for (push, decode) in [
            (
                push_hex as fn(&mut String, &[u8]),
                from_hex as fn(&str) -> _,
            ),
            (push_print, from_print),
        ] {
            let mut line = String::new();
            push(&mut line, &all);
            assert!(line.is_ascii() && !line.contains('\n'));
            assert_eq!(decode(&line), Some(all.clone()));
        }
        let mut line = String::new();
        push_hex(&mut line, &[0, 0x9f, 0xa0, 0xff]);
        assert_eq!(line, "009fa0ff");
        line.clear();
        push_print(&mut line, b"a\\b \0\x7f");
        assert_eq!(line, "a\\\\b \\00\\7f");
        assert_eq!(from_hex("009fA0ff").unwrap(), [0, 0x9f, 0xa0, 0xff]);
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("0g"), None);
        assert_eq!(from_print("a\\0"), None);
        assert_eq!(from_print("\\zz"), None);
    }
}
