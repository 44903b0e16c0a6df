//! The story of a cluster: it serves, is copied, loses its machine, and nothing promised is lost.

use xtask::postgres::Cluster;
use xtask::test::installation_for_tests;

#[test]
fn a_standby_takes_over_what_was_committed_when_the_primary_dies() {
    let Some(installation) = installation_for_tests().expect("PostgreSQL can be found") else {
        return;
    };
    let settings = [("synchronous_commit", "on"), ("log_statement", "none")];
    let mut primary = Cluster::start(&installation, &settings).expect("a primary starts");
    assert_eq!(primary.psql("SHOW fsync").expect("the primary answers"), "on");
    assert_eq!(primary.psql("SHOW lc_collate").expect("the primary answers"), "C");
    let mut standby = primary.standby("second").expect("a standby follows");
    primary.psql("CREATE TABLE kept (id BIGINT)").expect("the primary takes a table");
    primary.psql("INSERT INTO kept VALUES (1), (2)").expect("the primary takes rows");
    let refused = standby.psql("INSERT INTO kept VALUES (3)").expect_err("a standby only reads");
    assert!(format!("{refused}").contains("read-only"), "{refused}");

    primary.kill().expect("the primary dies");
    primary.psql("SELECT 1").expect_err("a dead server does not answer");
    standby.promote().expect("the standby takes over");
    assert_eq!(standby.psql("SELECT count(*) FROM kept").expect("it answers"), "2");
    standby.psql("INSERT INTO kept VALUES (3)").expect("it takes writes");

    primary.restart().expect("a killed server recovers");
    assert_eq!(primary.psql("SELECT count(*) FROM kept").expect("it answers"), "2");
    let (data, pid) = (primary.data(), primary.pid().expect("it runs"));
    drop(primary);
    assert!(!data.exists(), "nothing is left of {pid}");
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let Some(installation) = installation_for_tests().expect("PostgreSQL can be found") else {
        return;
    };
    let error = Cluster::start(&installation, &[("no_such_setting", "1")])
        .expect_err("an unknown setting is refused");
    assert!(format!("{error}").contains("no_such_setting"), "{error}");
}
