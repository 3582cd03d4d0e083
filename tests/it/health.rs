//! Health, as a load balancer asks for it.

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_migrated_database_is_ready_and_a_missing_migration_is_not() {
    let app = TestApp::start().await;
    assert_eq!(app.status_of("/health/live").await, 200);
    assert_eq!(app.status_of("/health/ready").await, 200);
    let mut superuser = app.superuser().await;
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    diesel_async::RunQueryDsl::execute(diesel::sql_query(forget), &mut superuser)
        .await
        .unwrap();
    assert_eq!(app.status_of("/health/ready").await, 503);
}
