//! A person is asked before a bulk deletion where their client can ask them.

use rmcp::model::CallToolRequestParams;
use serde_json::{Value, json};

use super::{remember, stop};
use crate::support::{Database, NewerClient, Person, Product, both_databases};

async fn delete(client: &NewerClient, arguments: Value) -> Value {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object");
    };
    let request = CallToolRequestParams::new("delete_entry").with_arguments(arguments);
    let result = client.call_tool(request).await.unwrap();

    result.structured_content.expect("structured content")
}

async fn live(product: &Product) -> Value {
    let session = product.session().await;

    session.call("get_stats", json!({})).await["total"].clone()
}

both_databases! {
    async fn a_bulk_deletion_is_asked_about_and_done_when_accepted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for _ in 0..3 {
            remember(&session, "n", &["old"]).await;
        }
        let person = Person::who_accepts();
        let client = product.newer_client(person.clone()).await;

        let reply = delete(&client, json!({"tags": ["old"], "confirm": true})).await;
        assert_eq!((&reply["trashed"], person.asked()), (&json!(3), 1), "{reply}");
        assert_eq!(live(&product).await, 0);
        stop(product).await;
    }

    async fn a_bulk_deletion_that_is_declined_deletes_nothing(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "n", &["old"]).await;
        let person = Person::who_declines();
        let client = product.newer_client(person.clone()).await;

        let reply = delete(&client, json!({"source": "garden", "confirm": true})).await;
        assert_eq!((&reply["would_trash"], person.asked()), (&json!(1), 1), "{reply}");
        assert_eq!(live(&product).await, 1);
        stop(product).await;
    }

    async fn nobody_is_asked_about_one_entry_a_dry_run_or_nothing(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "n", &["old"]).await;
        let person = Person::who_declines();
        let client = product.newer_client(person.clone()).await;

        delete(&client, json!({"tags": ["old"]})).await;
        delete(&client, json!({"tags": ["nothing"], "confirm": true})).await;
        delete(&client, json!({"entry_id": id})).await;
        assert_eq!((person.asked(), live(&product).await), (0, json!(0)));
        stop(product).await;
    }

    async fn what_a_person_was_told_is_what_is_deleted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "n", &["old"]).await;
        let client = product.newer_client(Person::who_accepts()).await;
        let answered = |state: &str| {
            let arguments = json!({"tags": ["old"], "confirm": true}).as_object().unwrap().clone();
            let mut request = CallToolRequestParams::new("delete_entry").with_arguments(arguments);
            request.input_responses = Some([("confirm".to_owned(), json!({"action": "accept"}))].into());
            request.request_state = Some(state.to_owned());
            request
        };

        // Since the question, an entry has come: it is not what was agreed to.
        let refused = client.call_tool(answered("2")).await.unwrap();
        assert_eq!(refused.is_error, Some(true), "{refused:?}");
        assert_eq!(live(&product).await, 1);
        // An answer without a question agrees to nothing.
        let reply = client.call_tool(answered("nonsense")).await.unwrap();
        assert_eq!(reply.structured_content.unwrap()["would_trash"], 1);
        let reply = client.call_tool(answered("1")).await.unwrap();
        assert_eq!(reply.structured_content.unwrap()["trashed"], 1);
        stop(product).await;
    }
}
