//! The service over a small town, in process: what each address answers, and what it refuses.

mod calendar_feed;
mod clock;
mod command;
mod edge;
mod event;
mod file;
mod job;
mod layer;
mod list;
mod listen;
mod map;
mod matter;
mod node;
mod pack;
mod photo;
mod picture;
mod reading;
mod realm;
mod record;
mod register;
mod route;
mod session;
mod tile;
mod town;
mod upload;
mod webhook;
