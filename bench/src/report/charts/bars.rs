//! Bars: one panel for each workload, one bar in it for each engine.
//!
//! The bars lie: names and values then have room beside them, however many there are.

use anyhow::Result;
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor, WHITE};

use super::canvas::{
    CAPTION, Canvas, DARK, FAINT, GREY, HEADING, INNER, LABEL, LOUD, MARGIN, TICK, head_height,
};
use super::scale::{Scale, Span};

/// From one bar to the next, and what of it the bar takes.
const STEP: i32 = 18;
const BAR: i32 = 13;
/// Between two panels.
const GAP: i32 = 14;
/// No bars are to be judged by eye in less.
const LEAST_PLOT: i32 = 84;
const MOST_LABEL: i32 = 300;
const MOST_COLUMNS: i32 = 4;

pub(super) struct BarChart {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) scale: Scale,
    /// Where a line is to be, that bars are compared with.
    pub(super) mark: Option<f64>,
    /// How a place on the axis is named.
    pub(super) tick: fn(f64) -> String,
    pub(super) sections: Vec<Section>,
}

/// Panels that have their rows in common.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
    pub(super) panels: Vec<Panel>,
}

pub(super) struct Row {
    pub(super) label: String,
    pub(super) colour: RGBColor,
    /// Pointed out.
    pub(super) ours: bool,
}

pub(super) struct Panel {
    pub(super) title: String,
    /// One for each row.
    pub(super) bars: Vec<Option<Bar>>,
}

pub(super) struct Bar {
    pub(super) value: f64,
    /// Where a paler end of the bar reaches.
    pub(super) tail: Option<f64>,
    pub(super) text: String,
}

impl Bar {
    fn end(&self) -> f64 {
        self.tail.unwrap_or(self.value)
    }
}

/// Panels side by side.
struct Strip<'a> {
    section: &'a Section,
    panels: &'a [Panel],
    /// The rows that have a bar here.
    rows: Vec<usize>,
    title_lines: i32,
}

/// What is where, from left to right.
struct Layout {
    label: i32,
    columns: i32,
    panel: i32,
    /// What of a panel is for bars: beyond are their values.
    plot: i32,
}

impl BarChart {
    pub(super) fn draw(&self) -> Result<String> {
        let layout = self.layout();
        let span = Span::of(self.scale, self.bars().map(|bar| (bar.value, bar.end())));
        let strips: Vec<Vec<Strip<'_>>> = self
            .sections
            .iter()
            .map(|section| strips(section, &layout))
            .collect();
        let mut height = head_height(&self.title, &self.subtitle) + MARGIN;
        for strip in strips.iter().flatten() {
            height += self.strip_height(strip);
        }
        height += self.sections.iter().map(heading_height).sum::<i32>();

        let mut svg = String::new();
        let canvas = Canvas::new(&mut svg, height)?;
        let mut y = canvas.head(&self.title, &self.subtitle)?;
        for (section, strips) in self.sections.iter().zip(&strips) {
            if !section.title.is_empty() {
                let middle = y + HEADING.line() / 2;
                let title = HEADING.fit(&section.title, INNER);
                canvas.text((MARGIN, middle), &title, HEADING, HPos::Left)?;
            }
            y += heading_height(section);
            for strip in strips {
                self.draw_strip(&canvas, strip, &layout, &span, y)?;
                y += self.strip_height(strip);
            }
        }
        canvas.done()?;
        Ok(svg)
    }

    fn bars(&self) -> impl Iterator<Item = &Bar> {
        let panels = self.sections.iter().flat_map(|section| &section.panels);
        panels.flat_map(|panel| panel.bars.iter().flatten())
    }

    /// As many panels side by side as there is room for.
    fn layout(&self) -> Layout {
        let rows = self.sections.iter().flat_map(|section| &section.rows);
        let label = rows.map(|row| LOUD.width(&row.label)).max().unwrap_or(0);
        let label = label.min(MOST_LABEL) + 8;
        let text = self.bars().map(|bar| LOUD.width(&bar.text)).max();
        let text = text.unwrap_or(0) + 6;
        let most = self.sections.iter().map(|section| section.panels.len());
        let most = i32::try_from(most.max().unwrap_or(1)).unwrap_or(MOST_COLUMNS);
        let panel = |columns: i32| (INNER - label - GAP * (columns - 1)) / columns;
        let columns = (1..=MOST_COLUMNS.min(most))
            .rev()
            .find(|columns| panel(*columns) - text >= LEAST_PLOT)
            .unwrap_or(1);
        // The last strip is not to have far fewer than the others.
        let strips = (most - 1) / columns + 1;
        let columns = (most - 1) / strips + 1;
        let panel = panel(columns);
        Layout {
            label,
            columns,
            panel,
            plot: panel - text,
        }
    }

    fn strip_height(&self, strip: &Strip<'_>) -> i32 {
        let rows = i32::try_from(strip.rows.len()).unwrap_or(0);
        let ticks = if self.scale.is_shared() {
            TICK.line()
        } else {
            0
        };
        strip.title_lines * CAPTION.line() + 4 + rows * STEP + ticks + 12
    }

    fn draw_strip(
        &self,
        canvas: &Canvas<'_>,
        strip: &Strip<'_>,
        layout: &Layout,
        span: &Span,
        top: i32,
    ) -> Result<()> {
        let first = top + strip.title_lines * CAPTION.line() + 4;
        let mut y = first;
        for row in &strip.rows {
            let row = &strip.section.rows[*row];
            let font = if row.ours { LOUD } else { LABEL };
            let label = font.fit(&row.label, layout.label - 8);
            let end = MARGIN + layout.label - 8;
            canvas.text((end, y + STEP / 2), &label, font, HPos::Right)?;
            y += STEP;
        }
        let mut left = MARGIN + layout.label;
        for panel in strip.panels {
            let own;
            let span = if self.scale.is_shared() {
                span
            } else {
                let bars = panel.bars.iter().flatten();
                own = Span::of(self.scale, bars.map(|bar| (bar.value, bar.end())));
                &own
            };
            let mut line = top + CAPTION.line() / 2;
            for text in CAPTION.wrap(&panel.title, layout.panel) {
                canvas.text((left, line), &text, CAPTION, HPos::Left)?;
                line += CAPTION.line();
            }
            self.draw_axis(canvas, span, left, layout.plot, [first, y])?;
            let mut middle = first + STEP / 2;
            for row in &strip.rows {
                let bar = panel.bars.get(*row).and_then(Option::as_ref);
                let row = &strip.section.rows[*row];
                let from = self.text_from(bar, span, layout.plot);
                draw_bar(canvas, bar, row, span, (left, layout.plot, from), middle)?;
                middle += STEP;
            }
            if let Some(mark) = self.mark {
                let x = left + span.place(mark, layout.plot);
                canvas.line([(x, first), (x, y)], DARK, 1)?;
            }
            left += layout.panel + GAP;
        }
        Ok(())
    }

    /// Beside the bar, and not over the line: what begins there is to the right of both.
    fn text_from(&self, bar: Option<&Bar>, span: &Span, plot: i32) -> i32 {
        let end = bar.map_or(0, |bar| span.place(bar.end(), plot));
        let mark = self.mark.map_or(0, |mark| span.place(mark, plot));
        end.max(mark).max(span.origin(plot)) + 4
    }

    fn draw_axis(
        &self,
        canvas: &Canvas<'_>,
        span: &Span,
        left: i32,
        plot: i32,
        [top, bottom]: [i32; 2],
    ) -> Result<()> {
        if self.scale.is_shared() {
            let widest = |value: &f64| TICK.width(&(self.tick)(*value)) + 6;
            for tick in span.ticks(plot, widest) {
                let x = left + span.place(tick, plot);
                canvas.line([(x, top), (x, bottom)], FAINT, 1)?;
                let middle = bottom + TICK.line() / 2 + 1;
                canvas.text((x, middle), &(self.tick)(tick), TICK, HPos::Center)?;
            }
        }
        let x = left + span.origin(plot);
        canvas.line([(x, top), (x, bottom)], GREY, 1)
    }
}

/// A bar between the left end of the axis and `plot` pixels from there; its value begins
/// `text_from` pixels from there.
fn draw_bar(
    canvas: &Canvas<'_>,
    bar: Option<&Bar>,
    row: &Row,
    span: &Span,
    (left, plot, text_from): (i32, i32, i32),
    middle: i32,
) -> Result<()> {
    let origin = left + span.origin(plot);
    let Some(bar) = bar else {
        return canvas.text((origin + 4, middle), "–", TICK, HPos::Left);
    };
    let (top, bottom) = (middle - BAR / 2, middle - BAR / 2 + BAR);
    let value = left + span.place(bar.value, plot);
    let end = left + span.place(bar.end(), plot);
    let strip = |from: i32, to: i32| [(from.min(to), top), (from.max(to), bottom)];
    canvas.filled(strip(origin, value), row.colour.mix(1.0))?;
    if end != value {
        canvas.filled(strip(value, end), row.colour.mix(0.35))?;
    }
    let font = if row.ours { LOUD } else { LABEL };
    let place = (left + text_from, middle);
    // The lines of the axis do not cross numbers.
    let behind = [
        (place.0 - 2, top),
        (place.0 + font.width(&bar.text), bottom),
    ];
    canvas.filled(behind, WHITE.mix(1.0))?;
    canvas.text(place, &bar.text, font, HPos::Left)
}

fn strips<'a>(section: &'a Section, layout: &Layout) -> Vec<Strip<'a>> {
    let columns = usize::try_from(layout.columns).unwrap_or(1).max(1);
    let lines = |panel: &Panel| {
        let lines = CAPTION.wrap(&panel.title, layout.panel).len();
        i32::try_from(lines).unwrap_or(1)
    };
    let strip = |panels: &'a [Panel]| Strip {
        section,
        panels,
        rows: (0..section.rows.len())
            .filter(|row| {
                panels
                    .iter()
                    .any(|panel| panel.bars.get(*row).is_some_and(Option::is_some))
            })
            .collect(),
        title_lines: panels.iter().map(lines).max().unwrap_or(0),
    };
    section.panels.chunks(columns).map(strip).collect()
}

fn heading_height(section: &Section) -> i32 {
    if section.title.is_empty() {
        0
    } else {
        HEADING.line() + 4
    }
}
