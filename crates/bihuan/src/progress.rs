//! Progress of long work: a bar on standard error, only where a person looks at a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// Progress of one piece of work; finishes when dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// Work of `total` steps.
    #[must_use]
    pub fn of(total: u64, what: &str) -> Progress {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_owned());
        Progress(bar)
    }

    /// Work whose length nobody knows.
    #[must_use]
    pub fn counting(what: &str) -> Progress {
        let progress = Progress::of(0, what);
        progress.0.unset_length();
        let style = ProgressStyle::with_template("{msg} {pos}");
        progress.0.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        progress
    }

    /// So many more steps are done.
    pub fn step(&self, steps: u64) {
        self.0.inc(steps);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
