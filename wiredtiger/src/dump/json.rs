//! JSON as the engine's tools write it, one token at a time. A string is bytes: `\u00XX` is one.

use std::io::BufRead;

use super::source::Source;
use crate::error::Result;

/// Longer strings are in no dump: so large are keys and values at most.
const MAX_TEXT: usize = u32::MAX as usize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// One of `{}[]:,`.
    Mark(u8),
    Text(Vec<u8>),
    /// A number without a fraction, as it is written.
    Number(String),
    End,
}

impl Token {
    fn name(&self) -> String {
        match self {
            Self::Mark(mark) => format!("{:?}", char::from(*mark)),
            Self::Text(_) => "a string".into(),
            Self::Number(number) => number.clone(),
            Self::End => "the end of the dump".into(),
        }
    }
}

/// The tokens of a dump.
pub(super) struct Tokens<'r> {
    pub(super) source: Source<'r>,
    peeked: Option<Token>,
}

impl<'r> Tokens<'r> {
    pub(super) fn new(input: &'r mut dyn BufRead) -> Self {
        let mut source = Source::new(input);
        source.line = 1;
        Self {
            source,
            peeked: None,
        }
    }

    pub(super) fn next(&mut self) -> Result<Token> {
        match self.peeked.take() {
            Some(token) => Ok(token),
            None => self.read(),
        }
    }

    pub(super) fn peek(&mut self) -> Result<&Token> {
        let token = self.next()?;
        Ok(self.peeked.insert(token))
    }

    /// The next token, which must be this mark.
    pub(super) fn mark(&mut self, mark: u8) -> Result<()> {
        match self.next()? {
            Token::Mark(found) if found == mark => Ok(()),
            other => {
                let (mark, other) = (char::from(mark), other.name());
                Err(self
                    .source
                    .wrong(&format!("{mark:?} is missing: there is {other}")))
            }
        }
    }

    /// Whether the next token is this mark, which is taken then.
    pub(super) fn has(&mut self, mark: u8) -> Result<bool> {
        let is = *self.peek()? == Token::Mark(mark);
        if is {
            self.peeked = None;
        }
        Ok(is)
    }

    /// The next token, which must be a string.
    pub(super) fn text(&mut self) -> Result<Vec<u8>> {
        match self.next()? {
            Token::Text(text) => Ok(text),
            other => {
                let other = other.name();
                Err(self
                    .source
                    .wrong(&format!("a string is missing: there is {other}")))
            }
        }
    }

    /// As [`text`](Self::text), in UTF-8.
    pub(super) fn word(&mut self) -> Result<String> {
        let text = self.text()?;
        String::from_utf8(text).map_err(|_| self.source.wrong("a name is not in UTF-8"))
    }

    fn read(&mut self) -> Result<Token> {
        loop {
            let Some(byte) = self.byte()? else {
                return Ok(Token::End);
            };
            match byte {
                b' ' | b'\t' | b'\r' => {}
                b'\n' => self.source.line += 1,
                b'{' | b'}' | b'[' | b']' | b':' | b',' => return Ok(Token::Mark(byte)),
                b'"' => return self.rest_of_text().map(Token::Text),
                b'-' | b'0'..=b'9' => return self.rest_of_number(byte).map(Token::Number),
                other => {
                    let shown = other.escape_ascii();
                    return Err(self.source.wrong(&format!("\"{shown}\" has no place here")));
                }
            }
        }
    }

    fn rest_of_text(&mut self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            match self.inside()? {
                b'"' => return Ok(text),
                b'\\' => text.push(self.escaped()?),
                b'\n' => return Err(self.source.wrong("a string is not closed")),
                byte => text.push(byte),
            }
            if text.len() > MAX_TEXT {
                return Err(self.source.wrong("a string is too long"));
            }
        }
    }

    fn escaped(&mut self) -> Result<u8> {
        Ok(match self.inside()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut code = 0_u32;
                for _ in 0..4 {
                    let digit = char::from(self.inside()?).to_digit(16);
                    let digit = digit.ok_or_else(|| self.source.wrong("\\u wants four digits"))?;
                    code = code * 16 + digit;
                }
                let why = "of \\u only one byte is possible in a dump, \\u0000 to \\u00ff";
                u8::try_from(code).map_err(|_| self.source.wrong(why))?
            }
            _ => return Err(self.source.wrong("an unknown character after a backslash")),
        })
    }

    fn rest_of_number(&mut self, first: u8) -> Result<String> {
        let mut number = String::from(char::from(first));
        while let Some(byte) = self.look()? {
            match byte {
                b'0'..=b'9' => number.push(char::from(byte)),
                b'.' | b'e' | b'E' => {
                    return Err(self.source.wrong("a number with a fraction has no column"));
                }
                _ => break,
            }
            if number.len() > 20 {
                return Err(self.source.wrong("a number is too long"));
            }
            self.source.input.consume(1);
        }
        Ok(number)
    }

    fn look(&mut self) -> Result<Option<u8>> {
        loop {
            match self.source.input.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
                Err(why) => return Err(self.source.unreadable(&why)),
            }
        }
    }

    fn byte(&mut self) -> Result<Option<u8>> {
        let byte = self.look()?;
        if byte.is_some() {
            self.source.input.consume(1);
        }
        Ok(byte)
    }

    fn inside(&mut self) -> Result<u8> {
        self.byte()?
            .ok_or_else(|| self.source.wrong("the dump ends inside a string"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &[u8]) -> Result<Vec<Token>> {
        let mut input = text;
        let mut tokens = Tokens::new(&mut input);
        let mut all = Vec::new();
        loop {
            match tokens.next()? {
                Token::End => return Ok(all),
                token => all.push(token),
            }
        }
    }

    #[test]
    fn tokens_are_read() {
        let text = br#" {"a\n\u00ff\"\/" :[-12, 7]}"#;
        let expected = [
            Token::Mark(b'{'),
            Token::Text(b"a\n\xff\"/".to_vec()),
            Token::Mark(b':'),
            Token::Mark(b'['),
            Token::Number("-12".into()),
            Token::Mark(b','),
            Token::Number("7".into()),
            Token::Mark(b']'),
            Token::Mark(b'}'),
        ];
        assert_eq!(tokens(text).unwrap(), expected);
        for wrong in [
            &b"\"a"[..],
            b"\"a\n\"",
            b"\"\\u01ff\"",
            b"\"\\u00f\"",
            b"\"\\x\"",
            b"1.5",
            b"1e3",
            b"123456789012345678901234567890",
            b"true",
            b"\xff",
        ] {
            let error = tokens(wrong).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Decode, "{wrong:?}");
        }
    }
}
