//! The S3 service of the tests starts with its bucket and ends with us.

use std::net::TcpStream;

use xtask::s3::{Bucket, install};

#[test]
fn it_starts_with_a_bucket_and_ends_with_us() {
    if xtask::process::env("BIHUAN_TEST_S3").is_none() {
        println!("skipped: `BIHUAN_TEST_S3` is not set; `cargo xtask test` sets it");
        return;
    }
    let bucket = Bucket::start(&install().expect("it is installed")).expect("it starts");
    let address = bucket.url().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    drop(bucket);
    assert!(TcpStream::connect(&address).is_err());
}
