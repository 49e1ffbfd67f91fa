//! Progress bars on stderr, when somebody watches.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ui::Ui;
use crate::reconcile::Progress;

/// One bar at a time.
pub(crate) struct Bars {
    ui: Ui,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    pub(crate) fn new(ui: &Ui) -> Self {
        Self { ui: ui.clone(), bar: Mutex::new(None) }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Option<ProgressBar>) -> T) -> T {
        work(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Progress for Bars {
    fn begin(&self, what: &str, total: Option<u64>) {
        if !self.ui.shows_progress() {
            let count = total.map(|total| format!(" ({total})")).unwrap_or_default();
            self.ui.detail(&format!("{what}{count}\n"));
            return;
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = if total.is_some() {
            "{spinner} {msg} {wide_bar} {pos}/{len} {eta}"
        } else {
            "{spinner} {msg} {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.with(|slot| *slot = Some(bar));
    }

    fn advance(&self, units: u64) {
        self.with(|slot| slot.iter().for_each(|bar| bar.inc(units)));
    }

    fn end(&self) {
        self.with(|slot| slot.take().iter().for_each(ProgressBar::finish_and_clear));
    }

    fn note(&self, text: &str) {
        let line = format!("{text}\n");
        self.with(|slot| match slot {
            Some(bar) => bar.suspend(|| self.ui.note(&line)),
            None => self.ui.note(&line),
        });
    }
}
