//! How clients reach the protocol: pipes or HTTP. Generic over the handler, so that whatever speaks the protocol gets
//! the same checks. No rules.

pub mod health;
pub mod http;
mod mount;
mod pages;
pub mod stdio;
pub mod token;
