//! What errors and the transport say about an operation, from the description.

/// An operation of a description.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// `DCS`.
    pub(crate) service: &'static str,
    /// `ListBackgroundTask`.
    pub(crate) id: &'static str,
    /// `/v2/{project_id}/instances/{instance_id}/tasks`.
    pub(crate) path: &'static str,
    /// `dcs:instance:getBackgroundTask`.
    pub(crate) iam_action: &'static str,
    /// Whether the call may be repeated without harm.
    pub(crate) idempotent: bool,
}
