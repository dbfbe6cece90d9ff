//! Clients are told when what they watch changes, whichever node it changes through.

use std::time::Duration;

use awareness::domain::Owner;
use rmcp::model::{ServerNotification, SubscriptionFilter};
use rmcp::service::Subscription;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{remember, stop};
use crate::support::{DEFAULT_OWNER, Database, Kind, NewerClient, Person, Product, both_databases};

/// Far longer than any word takes to arrive.
const LONG: Duration = Duration::from_secs(20);

/// Longer than a word that was sent takes to arrive.
const SHORT: Duration = Duration::from_millis(400);

/// A product that listens already: a node that begins to, because somebody watches, says that anything may have changed.
async fn listening(database: &Database) -> Product {
    let product = Product::start(database).await;
    let owner = Owner::new(DEFAULT_OWNER).unwrap();
    product.service.store().changes(&owner).await.unwrap();

    product
}

fn watching(uris: &[&str]) -> SubscriptionFilter {
    SubscriptionFilter::builder()
        .resource_subscriptions(uris.iter().copied())
        .prompts_list_changed()
        .build()
}

async fn listen(client: &NewerClient, uris: &[&str]) -> Subscription {
    client.listen(watching(uris)).await.unwrap()
}

/// What is told next.
async fn told(subscription: &mut Subscription) -> String {
    let next = timeout(LONG, subscription.next())
        .await
        .expect("a word in time");

    match next.unwrap().expect("a word") {
        ServerNotification::ResourceUpdatedNotification(update) => update.params.uri,
        ServerNotification::PromptListChangedNotification(_) => "prompts".to_owned(),
        other => panic!("{other:?}"),
    }
}

async fn silent(subscription: &mut Subscription) -> bool {
    timeout(SHORT, subscription.next()).await.is_err()
}

fn alert(source: &str) -> Value {
    json!({"source": source, "tags": [], "alert_id": "a", "level": "warning", "alert_type": "threshold", "message": "m"})
}

both_databases! {
    async fn a_change_is_told_to_whoever_watches_it(database: Database) {
        let product = listening(&database).await;
        let client = product.newer_client(Person::who_declines()).await;
        let session = product.session().await;
        let mut alerts = listen(&client, &["awareness://alerts", "awareness://alerts/boiler"]).await;
        let mut other = listen(&client, &["awareness://alerts/cellar", "awareness://status/boiler"]).await;
        let mut briefing = listen(&client, &["awareness://briefing"]).await;

        session.call("report_alert", alert("boiler")).await;
        let mut first = [told(&mut alerts).await, told(&mut alerts).await];
        first.sort();
        assert_eq!(first, ["awareness://alerts", "awareness://alerts/boiler"]);
        assert_eq!(told(&mut briefing).await, "awareness://briefing");
        assert!(silent(&mut other).await, "it is another source");

        session.call("report_status", json!({"source": "boiler", "tags": [], "metrics": {}})).await;
        assert_eq!(told(&mut other).await, "awareness://status/boiler");
        stop(product).await;
    }

    async fn suppressions_and_prompts_are_told(database: Database) {
        let product = listening(&database).await;
        let client = product.newer_client(Person::who_declines()).await;
        let session = product.session().await;
        let mut words = listen(&client, &["awareness://suppressions"]).await;

        session.call("suppress_alert", json!({"source": "boiler", "reason": "service"})).await;
        assert_eq!(told(&mut words).await, "awareness://suppressions");
        remember(&session, "an ordinary note", &[]).await;
        assert!(silent(&mut words).await);
        session.call("remember", json!({"source": "custom-prompt", "tags": [], "description": "p"})).await;
        assert_eq!(told(&mut words).await, "prompts");
        stop(product).await;
    }

    async fn only_what_can_change_by_itself_is_acknowledged(database: Database) {
        let product = listening(&database).await;
        let client = product.newer_client(Person::who_declines()).await;
        let words = listen(&client, &["awareness://briefing", "awareness://nothing", "file:///etc/passwd"]).await;

        let acknowledged = words.acknowledged().resource_subscriptions.clone().unwrap();
        assert_eq!(acknowledged, ["awareness://briefing"]);
        stop(product).await;
    }

    async fn another_owners_changes_are_not_told(database: Database) {
        let product = listening(&database).await;
        let client = product.newer_client(Person::who_declines()).await;
        let bob = product.session_of("bob").await;
        let mut words = listen(&client, &["awareness://alerts", "awareness://briefing"]).await;

        bob.call("report_alert", alert("boiler")).await;
        bob.call("remember", json!({"source": "custom-prompt", "tags": [], "description": "p"})).await;
        assert!(silent(&mut words).await);
        stop(product).await;
    }

    async fn a_write_that_was_undone_is_not_told(database: Database) {
        let product = listening(&database).await;
        let client = product.newer_client(Person::who_declines()).await;
        let session = product.session().await;
        let mut words = listen(&client, &["awareness://alerts"]).await;

        let mut bad = alert("boiler");
        bad["level"] = json!("none");
        session.refused("report_alert", bad).await;
        assert!(silent(&mut words).await);
        stop(product).await;
    }

    async fn a_burst_is_told_in_few_words(database: Database) {
        let product = listening(&database).await;
        let client = product.newer_client(Person::who_declines()).await;
        let session = product.session().await;
        let mut words = listen(&client, &["awareness://alerts"]).await;

        for _ in 0..50 {
            session.call("report_alert", alert("boiler")).await;
        }
        let mut count = 0;
        while timeout(SHORT, words.next()).await.is_ok() {
            count += 1;
        }
        assert!((1..=25).contains(&count), "{count} words about 50 changes");
        stop(product).await;
    }

    async fn what_changes_while_a_node_begins_to_listen_is_not_missed(database: Database) {
        let product = Product::start(&database).await;
        let client = product.newer_client(Person::who_declines()).await;
        let session = product.session().await;

        let mut words = listen(&client, &["awareness://alerts"]).await;
        if database.kind() == Kind::Sqlite {
            session.call("report_alert", alert("boiler")).await;
        }

        // On Postgres it cannot know, and says so.
        assert_eq!(told(&mut words).await, "awareness://alerts");
        stop(product).await;
    }

    async fn a_node_listens_again_after_the_server_was_away(database: Database) {
        let product = listening(&database).await;
        let client = product.newer_client(Person::who_declines()).await;
        let session = product.session().await;
        let mut words = listen(&client, &["awareness://alerts"]).await;

        if database.kind() == Kind::Postgres {
            database.as_superuser("SELECT 'everyone is thrown out and cannot come back in at once'").await;
            let anything = [told(&mut words).await, told(&mut words).await];
            assert_eq!(anything, ["awareness://alerts", "prompts"]);
        }
        // The connections that write are found to be broken first.
        while session.result("report_alert", alert("boiler")).await.is_error == Some(true) {}

        assert_eq!(told(&mut words).await, "awareness://alerts");
        stop(product).await;
    }
}
