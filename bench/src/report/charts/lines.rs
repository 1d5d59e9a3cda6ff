//! Lines: one panel for each workload, one line in it for each engine, by the number of rows.

use anyhow::{Context, Result, anyhow};
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{
    Area, CAPTION, Canvas, FAINT, GREY, INNER, LABEL, LOUD, MARGIN, TICK, head_height,
};
use crate::report::number;

const COLUMNS: usize = 3;
const PANEL: i32 = INNER / 3;
const HEIGHT: i32 = 170;
/// Of a line of the legend, and of the stroke before a name.
const LEGEND: i32 = 20;
const STROKE: i32 = 22;

pub(super) struct LineChart {
    pub(super) title: String,
    pub(super) subtitle: String,
    /// The values of the x axis that have a mark.
    pub(super) rows: Vec<f64>,
    pub(super) engines: Vec<Engine>,
    pub(super) panels: Vec<Panel>,
}

pub(super) struct Engine {
    pub(super) label: String,
    pub(super) colour: RGBColor,
    pub(super) ours: bool,
}

impl Engine {
    fn stroke(&self) -> u32 {
        if self.ours { 3 } else { 2 }
    }
}

pub(super) struct Panel {
    pub(super) title: String,
    /// The points of each engine: rows, and operations per second.
    pub(super) lines: Vec<Vec<(f64, f64)>>,
}

impl LineChart {
    pub(super) fn draw(&self) -> Result<String> {
        let legend = self.legend();
        let legend_lines = legend.last().map_or(0, |(_, line)| line + 1);
        let strips = i32::try_from(self.panels.len().div_ceil(COLUMNS))?;
        let height = head_height(&self.title, &self.subtitle)
            + legend_lines * LEGEND
            + 8
            + strips * HEIGHT
            + MARGIN;
        let mut svg = String::new();
        let canvas = Canvas::new(&mut svg, height)?;
        let mut top = canvas.head(&self.title, &self.subtitle)?;
        for (engine, (x, line)) in self.engines.iter().zip(legend) {
            let middle = top + line * LEGEND + LEGEND / 2;
            let stroke = [(x, middle), (x + STROKE, middle)];
            canvas.line(stroke, engine.colour, engine.stroke())?;
            let font = if engine.ours { LOUD } else { LABEL };
            let place = (x + STROKE + 6, middle);
            canvas.text(place, &engine.label, font, HPos::Left)?;
        }
        top += legend_lines * LEGEND + 8;
        for strip in self.panels.chunks(COLUMNS) {
            let mut left = MARGIN;
            for panel in strip {
                let middle = (left + 8, top + CAPTION.line() / 2);
                let title = CAPTION.fit(&panel.title, PANEL - 16);
                canvas.text(middle, &title, CAPTION, HPos::Left)?;
                let size = (PANEL - 10, HEIGHT - CAPTION.line() - 12);
                let area = canvas.area.clone();
                let area = area.shrink((left, top + CAPTION.line()), size);
                self.draw_panel(&area, panel)
                    .with_context(|| panel.title.clone())?;
                left += PANEL;
            }
            top += HEIGHT;
        }
        canvas.done()?;
        Ok(svg)
    }

    /// Where each engine stands in the legend: x, and the line.
    fn legend(&self) -> Vec<(i32, i32)> {
        let (mut x, mut line) = (MARGIN, 0);
        let place = |engine: &Engine| {
            let width = STROKE + 6 + LOUD.width(&engine.label) + 18;
            if x > MARGIN && x + width > MARGIN + INNER {
                (x, line) = (MARGIN, line + 1);
            }
            let place = (x, line);
            x += width;
            place
        };
        self.engines.iter().map(place).collect()
    }

    fn draw_panel(&self, area: &Area<'_>, panel: &Panel) -> Result<()> {
        let (Some(first), Some(last)) = (self.rows.first(), self.rows.last()) else {
            return Err(anyhow!("no rows"));
        };
        let points = panel.lines.iter().flatten();
        let high = points.map(|(_, speed)| *speed).fold(0.0, f64::max);
        // Room beside the outer points.
        let x = (first / 1.15..last * 1.15)
            .log_scale()
            .with_key_points(self.rows.clone());
        let y = 0.0..if high > 0.0 { high * 1.08 } else { 1.0 };
        let mut chart = ChartBuilder::on(area)
            .margin_top(6)
            .margin_right(6)
            .x_label_area_size(18)
            .y_label_area_size(46)
            .build_cartesian_2d(x, y)
            .context("the axes")?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(GREY)
            .y_labels(5)
            .label_style(TICK.style())
            .x_label_formatter(&|rows| number::round(*rows))
            .y_label_formatter(&|speed| number::round(*speed))
            .draw()
            .context("the axes")?;
        // Ours on top.
        let mut order: Vec<_> = self.engines.iter().zip(&panel.lines).collect();
        order.sort_by_key(|(engine, _)| engine.ours);
        for (engine, points) in order {
            let style = engine.colour.stroke_width(engine.stroke());
            let line = LineSeries::new(points.iter().copied(), style);
            chart.draw_series(line).context("a line")?;
            let dots = points
                .iter()
                .map(|point| Circle::new(*point, 3, engine.colour.filled()));
            chart.draw_series(dots).context("the points of a line")?;
        }
        Ok(())
    }
}
