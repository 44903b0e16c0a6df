//! The built binary on folders of its own: what each command says and refuses, for persons in
//! both languages and for programs as JSON.

mod file;
mod ledger;
mod pack;
mod program;
mod realm;
mod record;
