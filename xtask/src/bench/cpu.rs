//! Processor time and wall time of a piece of work, over all processes that do it.
//!
//! Invariant: time is read where the system keeps it to the nanosecond (`schedstat`), for every
//! thread of this process and every process of the database server.

use std::fs;

use crate::process::moment;

/// Processor time so far, by thread or process.
type Spent = std::collections::BTreeMap<u32, u64>;

/// What a piece of work took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Took {
    /// Nanoseconds on processors.
    pub(super) cpu_ns: u64,
    /// Nanoseconds on the clock of the wall.
    pub(super) wall_ns: u64,
}

/// The processes whose time is counted beside our own.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    /// The first process of a database server, whose children are counted too.
    pub(super) server: Option<u32>,
}

impl Meter {
    /// Does a piece of work and says what it took. Threads that end within it are not counted:
    /// none does.
    pub(super) fn measure<T>(&self, work: impl FnOnce() -> T) -> (T, Took) {
        let (before, began) = (self.spent(), moment());
        let done = work();
        let wall = moment().duration_since(began);
        let after = self.spent();
        let cpu_ns = after
            .iter()
            .map(|(id, ns)| ns.saturating_sub(before.get(id).copied().unwrap_or(0)))
            .sum();
        let wall_ns = u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX);
        (done, Took { cpu_ns, wall_ns })
    }

    fn spent(&self) -> Spent {
        let mut spent = Spent::new();
        for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
            let id = task.file_name().to_string_lossy().parse().unwrap_or(0);
            spent.insert(id, nanoseconds(&task.path().join("schedstat").to_string_lossy()));
        }
        if let Some(server) = self.server {
            let path = format!("/proc/{server}/task/{server}/children");
            let children = fs::read_to_string(path).unwrap_or_default();
            let children = children.split_whitespace().filter_map(|it| it.parse().ok());
            for id in children.chain([server]) {
                spent.insert(id, nanoseconds(&format!("/proc/{id}/schedstat")));
            }
        }
        spent
    }
}

fn nanoseconds(path: &str) -> u64 {
    let said = fs::read_to_string(path).unwrap_or_default();
    said.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or(0)
}
