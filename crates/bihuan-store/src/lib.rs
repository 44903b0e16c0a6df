//! All SQL of Bihuan: one write path, readers beside it, on SQLite or PostgreSQL.
//!
//! Invariants: synchronous throughout; only [`execute`] inserts events; what differs between the
//! databases is in [`dialect`].

pub mod adjustment;
mod answers;
pub mod audit;
pub mod backup;
pub mod balance;
mod batch;
mod blob;
pub mod calendar_feed;
pub mod command;
pub mod count;
pub mod credential;
pub mod db;
pub mod dialect;
mod disk;
pub mod execute;
pub mod factor;
pub mod feed;
pub mod figure;
pub mod file;
pub mod filter;
pub mod identity;
pub mod link;
pub mod map;
pub mod matter;
pub mod message;
pub mod meter;
mod migrate;
mod order;
pub mod page;
pub mod privacy;
pub mod ranking;
pub mod realm;
pub mod record;
pub mod release;
pub mod reporter;
pub mod request;
pub mod retention;
pub mod row;
pub mod rules;
mod scope;
pub mod score;
pub mod search;
pub mod second_look;
pub mod session;
pub mod store;
pub mod summary;
mod tally;
pub mod text;
pub mod timeline;
pub mod token;
pub mod tracking;
pub mod verify;
pub mod webhook;

pub use db::{Db, DbError, Value};
pub use dialect::Target;
pub use disk::is_read_only;
pub use execute::{
    AdjustError, AdjustmentReceipt, Answer, Failure, Moment, Preview, RankingError, RankingReceipt,
    RankingSubmission, Receipt, Would, Writer,
};
pub use migrate::migrate;
pub use store::{Reply, Store, Ticker};
