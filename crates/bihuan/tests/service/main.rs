//! The service over a small town, in process: what each address answers, and what it refuses.

mod command;
mod edge;
mod event;
mod file;
mod job;
mod matter;
mod node;
mod photo;
mod picture;
mod route;
mod session;
mod town;
mod upload;
mod webhook;
