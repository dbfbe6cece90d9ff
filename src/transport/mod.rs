//! How clients reach the protocol: pipes or HTTP. Generic over the handler, so that whatever speaks the protocol gets
//! the same checks. No rules.

mod health;
pub mod http;
mod mount;
pub mod stdio;
