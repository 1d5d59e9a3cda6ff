//! The check of settings that a caller writes in the engine's own language.
//!
//! The engine validates names, types and ranges itself. What it does not survive is checked here:
//! bytes outside ASCII in a key, unbalanced quotes and brackets, and settings by which a string
//! would load native code or take back what the types of this crate promise.

use super::Method;
use super::refused::{REFUSED, REFUSED_ANYWHERE};
use crate::error::{Error, ErrorKind, Result};

/// Deeper nesting than any setting has; it bounds the engine's recursion.
const MAX_DEPTH: usize = 16;

pub(super) fn check(method: Method, text: &str) -> Result<()> {
    let mut scanner = Scanner {
        rest: text,
        open: Vec::new(),
        name_next: true,
        keys: Vec::new(),
    };
    scanner.run().map_err(|why| refuse(text, &why))?;
    for (word, why) in REFUSED_ANYWHERE {
        if text.to_ascii_lowercase().contains(word) {
            return Err(refuse(
                text,
                &format!("{word} cannot be set this way: {why}"),
            ));
        }
    }
    for key in &scanner.keys {
        if let Some((_, _, why)) = REFUSED
            .iter()
            .find(|(of, name, _)| *of == method && name.eq_ignore_ascii_case(key))
        {
            return Err(refuse(
                text,
                &format!("{key} cannot be set this way: {why}"),
            ));
        }
    }
    Ok(())
}

#[cold]
fn refuse(text: &str, why: &str) -> Error {
    let kind = ErrorKind::of_invalid(text);
    // A setting may hold a key of an encryptor, which belongs in no message.
    let shown = if text.contains("secretkey") {
        String::new()
    } else {
        format!(", in {text:?}")
    };
    Error::new(kind, "configuration", format!("{why}{shown}"))
}

struct Scanner<'a> {
    rest: &'a str,
    /// The brackets that are open, as the characters that close them.
    open: Vec<char>,
    /// Whether a name may stand here: after the start, a separator or an opening bracket.
    name_next: bool,
    /// The names of the settings outside all brackets.
    keys: Vec<&'a str>,
}

impl<'a> Scanner<'a> {
    /// Reads `key`, `key=value`, `key=(…)`, `key="text"`, separated by commas or white space.
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                ',' | ' ' | '\t' | '\n' | '\r' => {
                    self.skip(1);
                    self.name_next = true;
                }
                '=' | ':' if !self.name_next => {
                    self.skip(1);
                    self.value()?;
                }
                // A list may hold groups: `[(a=1),(a=2)]`.
                '(' | '[' | '{' if self.name_next && !self.open.is_empty() => self.enter(c)?,
                '=' | ':' | '(' | '[' | '{' => {
                    return Err(format!("{c:?} without a name before it"));
                }
                ')' | ']' | '}' => {
                    if self.open.pop() != Some(c) {
                        return Err(format!("{c:?} closes nothing"));
                    }
                    self.skip(1);
                    self.name_next = false;
                }
                _ if self.name_next => self.name(c)?,
                _ => return Err("a comma is missing".into()),
            }
        }
        match self.open.last() {
            Some(close) => Err(format!("{close:?} is missing")),
            None => Ok(()),
        }
    }

    fn name(&mut self, first: char) -> Result<(), String> {
        let name = if first == '"' {
            self.quoted()?
        } else {
            self.word()?
        };
        // The engine looks the first byte of a name up in a table, as a signed number.
        if !name.is_ascii() {
            return Err("a name has letters outside ASCII".into());
        }
        if self.open.is_empty() {
            self.keys.push(name);
        }
        self.name_next = false;
        Ok(())
    }

    fn value(&mut self) -> Result<(), String> {
        self.name_next = false;
        match self.rest.chars().next() {
            Some('"') => self.quoted().map(|_| ()),
            Some(c @ ('(' | '[' | '{')) => self.enter(c),
            // Nothing is the empty string.
            None | Some(',' | ')' | ']' | '}') => Ok(()),
            Some(_) => self.word().map(|_| ()),
        }
    }

    fn enter(&mut self, bracket: char) -> Result<(), String> {
        if self.open.len() == MAX_DEPTH {
            return Err(format!("brackets are nested more than {MAX_DEPTH} deep"));
        }
        self.open.push(match bracket {
            '(' => ')',
            '[' => ']',
            _ => '}',
        });
        self.skip(1);
        self.name_next = true;
        Ok(())
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    /// A bare word: printable ASCII up to a separator.
    fn word(&mut self) -> Result<&'a str, String> {
        let end = self
            .rest
            .find(|c: char| c.is_ascii_whitespace() || ",=:()[]{}\"".contains(c))
            .unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        if let Some(bad) = word.chars().find(|c| !c.is_ascii_graphic() || *c == '\\') {
            return Err(format!("the character {bad:?} needs quotes"));
        }
        if word.is_empty() {
            return Err("a name or value is missing".into());
        }
        self.skip(end);
        Ok(word)
    }

    fn quoted(&mut self) -> Result<&'a str, String> {
        let body = &self.rest[1..];
        let end = body
            .find(['"', '\0', '\\'])
            .ok_or("a quote is not closed")?;
        if !body[end..].starts_with('"') {
            return Err("NUL and backslash are not allowed in quotes".into());
        }
        self.skip(end + 2);
        Ok(&body[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_settings_pass() {
        for text in [
            "",
            "create",
            "create,log",
            "cache_size=1GB, log=(enabled=true,file_max=10MB)",
            "statistics=[fast,clear],verbose=[api:1,\"version\"]",
            "app_metadata=\"grün, (x)=y\"",
            "group=(number=10)",
            "key=,other",
            "list=[(a=1),(a=2)]",
        ] {
            assert!(check(Method::OpenSession, text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn malformed_settings_are_refused() {
        for text in [
            "=",
            "=1",
            "a==b",
            "a=(b",
            "a=b)",
            "a=(b]",
            "a=\"b",
            "a=\"b\\\"",
            "a\0b",
            "a=\"\0\"",
            "(a=1)",
            "\"ä\"=1",
            "ä=1",
            "a=ä",
            "a=b\"c\"",
            &"a=(".repeat(40),
        ] {
            assert!(check(Method::OpenSession, text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn settings_that_would_break_a_promise_are_refused() {
        for (method, name, _) in REFUSED {
            for text in [
                format!("{name}=x"),
                format!("a=1,\"{name}\"=(x)"),
                (*name).to_owned(),
            ] {
                assert!(check(*method, &text).is_err(), "{text:?}");
            }
            assert!(check(*method, "debug_mode=(table_logging=true)").is_err());
            // Only the name itself, and only at the top.
            assert!(check(*method, &format!("a=({name}=x)")).is_ok());
        }
    }
}
