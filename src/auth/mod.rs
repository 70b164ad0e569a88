//! Who calls: credentials, and the signature that is made with them.

mod credentials;
pub mod signer;

pub use credentials::Credentials;
pub(crate) use credentials::Kind;
