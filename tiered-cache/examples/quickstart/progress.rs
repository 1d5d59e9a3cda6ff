//! Progress bars, which show on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};

use crate::Result;

pub(crate) fn bar(what: &'static str, length: u64) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg:26} {wide_bar} {human_pos:>7}/{human_len:7}")?;
    Ok(ProgressBar::new(length)
        .with_style(style)
        .with_message(what))
}
