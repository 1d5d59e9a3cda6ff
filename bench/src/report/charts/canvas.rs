//! A white sheet, and text on it that is known to have room.

use anyhow::{Context, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) const WIDTH: i32 = 800;
pub(super) const MARGIN: i32 = 16;
/// What is between the margins.
pub(super) const INNER: i32 = WIDTH - 2 * MARGIN;

pub(super) const DARK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
pub(super) const GREY: RGBColor = RGBColor(0x57, 0x60, 0x6a);
pub(super) const FAINT: RGBColor = RGBColor(0xd8, 0xde, 0xe4);

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// How text is set.
#[derive(Clone, Copy)]
pub(super) struct Font {
    size: i32,
    bold: bool,
    colour: RGBColor,
}

pub(super) const TITLE: Font = Font::new(18, true, DARK);
pub(super) const SUBTITLE: Font = Font::new(13, false, GREY);
pub(super) const HEADING: Font = Font::new(14, true, DARK);
pub(super) const CAPTION: Font = Font::new(12, true, GREY);
pub(super) const LABEL: Font = Font::new(12, false, DARK);
pub(super) const LOUD: Font = Font::new(12, true, DARK);
pub(super) const TICK: Font = Font::new(11, false, GREY);

impl Font {
    const fn new(size: i32, bold: bool, colour: RGBColor) -> Self {
        Self { size, bold, colour }
    }

    /// From one line to the next.
    pub(super) const fn line(self) -> i32 {
        self.size * 4 / 3
    }

    /// At most so wide: which font the reader's machine takes for sans-serif is not known, so it
    /// goes by one of the widest, DejaVu Sans.
    pub(super) fn width(self, text: &str) -> i32 {
        let letters: i32 = text.chars().map(letter).sum();
        let letters = if self.bold {
            letters * 112 / 100
        } else {
            letters
        };
        letters * self.size / 100 + 1
    }

    /// In lines that are no wider than `width`, unless a word is.
    pub(super) fn wrap(self, text: &str, width: i32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if let Some(line) = lines.last_mut() {
                let longer = format!("{line} {word}");
                if self.width(&longer) <= width {
                    *line = longer;
                    continue;
                }
            }
            lines.push(word.to_owned());
        }
        lines
    }

    /// Shortened to `width`.
    pub(super) fn fit(self, text: &str, width: i32) -> String {
        let mut text = text.to_owned();
        if self.width(&text) <= width {
            return text;
        }
        while self.width(&format!("{text}…")) > width && text.pop().is_some() {}
        text + "…"
    }

    pub(super) fn style(self) -> TextStyle<'static> {
        // The backend divides by this factor.
        let size = f64::from(self.size) * 1.24;
        let font = FontDesc::from(("sans-serif", size));
        let font = if self.bold {
            font.style(FontStyle::Bold)
        } else {
            font
        };
        font.color(&self.colour)
    }
}

/// The width of a letter, in hundredths of the size.
fn letter(letter: char) -> i32 {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' => 29,
        ' ' | ',' | '.' | ';' | ':' | 'I' | '/' | '(' | ')' | '-' | 'f' | 't' => 39,
        'r' => 42,
        'm' | 'w' | 'M' | 'W' | '%' | '…' => 99,
        'A'..='Z' | '×' | '≥' | '≤' | '+' | '=' => 78,
        _ => 64,
    }
}

/// A sheet of a known height.
pub(super) struct Canvas<'a> {
    pub(super) area: Area<'a>,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(svg: &'a mut String, height: i32) -> Result<Self> {
        let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
        let area = SVGBackend::with_string(svg, size).into_drawing_area();
        // Readers with a dark page see it on white all the same.
        area.fill(&WHITE).context("the background")?;
        Ok(Self { area })
    }

    /// Text whose middle is at `y`, beginning at `x`, ending there, or around it.
    pub(super) fn text(&self, (x, y): (i32, i32), text: &str, font: Font, at: HPos) -> Result<()> {
        let style = font.style().pos(Pos::new(at, VPos::Center));
        let text = Text::new(text.to_owned(), (x, y), style);
        self.area.draw(&text).context("a text")
    }

    pub(super) fn filled(&self, corners: [(i32, i32); 2], colour: RGBAColor) -> Result<()> {
        let shape = Rectangle::new(corners, colour.filled());
        self.area.draw(&shape).context("a rectangle")
    }

    pub(super) fn line(&self, ends: [(i32, i32); 2], colour: RGBColor, width: u32) -> Result<()> {
        let shape = PathElement::new(ends, colour.stroke_width(width));
        self.area.draw(&shape).context("a line")
    }

    /// The lines of a title and what is below it; gives where they end.
    pub(super) fn head(&self, title: &str, subtitle: &str) -> Result<i32> {
        let mut y = MARGIN;
        for (line, font) in head_lines(title, subtitle) {
            self.text((MARGIN, y + font.line() / 2), &line, font, HPos::Left)?;
            y += font.line();
        }
        Ok(y + 10)
    }

    pub(super) fn done(self) -> Result<()> {
        self.area.present().context("the end")
    }
}

/// How high `head` makes it.
pub(super) fn head_height(title: &str, subtitle: &str) -> i32 {
    let lines = head_lines(title, subtitle);
    MARGIN + lines.iter().map(|(_, font)| font.line()).sum::<i32>() + 10
}

fn head_lines(title: &str, subtitle: &str) -> Vec<(String, Font)> {
    let set = |text: &str, font: Font| {
        let lines = font.wrap(text, INNER).into_iter();
        lines.map(move |line| (line, font)).collect::<Vec<_>>()
    };
    let mut lines = set(title, TITLE);
    for part in subtitle.lines() {
        lines.extend(set(part, SUBTITLE));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_room() {
        let lines = LABEL.wrap("hit, 100000 keys, random, 2 threads", 120);
        assert_eq!(lines, ["hit, 100000 keys,", "random, 2 threads"]);
        assert!(lines.iter().all(|line| LABEL.width(line) <= 120));
        assert_eq!(LABEL.wrap("", 10), Vec::<String>::new());
        let short = LABEL.fit("a name that is far too long", 60);
        assert!(short.ends_with('…') && LABEL.width(&short) <= 60);
        assert_eq!(LABEL.fit("a name", 60), "a name");
    }
}
