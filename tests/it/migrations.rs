//! The history of the schema, step by step, on both databases.

use migration::Direction;

use crate::support::{Database, both_databases};

both_databases! {
    async fn a_migrated_database_has_nothing_pending(database: Database) {
        let status = database.runner().status().await.unwrap();

        assert_eq!(status.pending().0, 0);
        let report = database.migrate(Direction::Up, None).await.unwrap();
        assert!(report.steps.is_empty());
    }
}
