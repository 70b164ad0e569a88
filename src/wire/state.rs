//! What the status of a task means for one who waits for its end.

/// Whether a task goes on, and how it ended.
///
/// DCS documents no statuses, and RocketMQ may add some. Only those that are known to be the end are
/// one: any other text, and no status at all, leaves a task pending.
///
/// ```
/// use huaweicloud_tasks::{dcs, wire::TaskState};
///
/// assert_eq!(dcs::types::TaskStatus::Success.state(), TaskState::Succeeded);
/// assert_eq!(dcs::types::TaskStatus::from("CANCELED").state(), TaskState::Failed);
/// assert_eq!(dcs::types::TaskStatus::from("SUSPENDED").state(), TaskState::Pending);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// The task is waiting or running, as far as one can tell.
    Pending,
    /// The task ended well: `SUCCESS`.
    Succeeded,
    /// The task ended otherwise: `FAILED`, `CANCELLED` (or `CANCELED`, as sub-steps spell it), or
    /// `DELETED`.
    Failed,
}

impl TaskState {
    /// The meaning of a status as the services write it.
    pub fn of(status: &str) -> Self {
        match status {
            "SUCCESS" => Self::Succeeded,
            "FAILED" | "CANCELLED" | "CANCELED" | "DELETED" => Self::Failed,
            _ => Self::Pending,
        }
    }
}
