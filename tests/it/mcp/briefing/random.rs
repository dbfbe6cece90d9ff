//! Suppressions and patterns on random data, against the rules written down anew.

use serde_json::{Value, json};

use super::{briefing, outcome};
use crate::mcp::{alert, stop};
use crate::support::{Database, Product, both_databases};

/// Numbers that look random and are the same each time (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);

        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

const WORDS: [&str; 4] = ["hot", "low", "lost", "full"];

fn is_silenced(alert: &Value, suppression: &Value) -> bool {
    let words = alert["message"].as_str().unwrap().split(' ');
    let tags = suppression["tags"].as_array().unwrap();
    let found = words
        .map(|word| json!(word))
        .chain(alert["tags"].as_array().unwrap().iter().cloned());
    let breaks_through = suppression["escalation_override"] == true
        && alert["level"] == "critical"
        && suppression["level"] == "warning";

    (suppression["source"] == "" || suppression["source"] == alert["source"])
        && (suppression["metric"] == "" || suppression["metric"] == alert["metric"])
        && (tags.is_empty() || found.into_iter().any(|word| tags.contains(&word)))
        && !breaks_through
}

fn is_explained(alert: &Value, pattern: &Value) -> bool {
    let effect = pattern["effect"].as_str().unwrap();
    let max_level = &pattern["conditions"]["max_level"];

    (pattern["source"] == "" || pattern["source"] == alert["source"])
        && alert["message"]
            .as_str()
            .unwrap()
            .split(' ')
            .any(|word| word == effect)
        && (alert["level"] != "critical" || max_level == "critical")
}

both_databases! {
    async fn every_alert_is_suppressed_explained_or_left(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut random = Random(2031);
        let sources = ["", "a", "b", "c"];

        for round in 0..4 {
            let owner = product.session_of(&format!("owner {round}")).await;
            let mut alerts = Vec::new();
            for number in 0..40 {
                let message = format!("{} {}", random.one_of(&WORDS), random.one_of(&WORDS));
                let (source, level) = (random.one_of(&sources), random.one_of(&["warning", "critical"]));
                let mut told = alert(source, &number.to_string(), level, &message);
                told["tags"] = json!([random.one_of(&["north", "south"])]);
                told["metric"] = json!(random.one_of(&["bar", "volt"]));
                owner.call("report_alert", told.clone()).await;
                alerts.push(told);
            }
            let (mut suppressions, mut patterns) = (Vec::new(), Vec::new());
            for _ in 0..4 {
                let tags: &[&str] = random.one_of(&[&[], &["north", "lost"], &["full", "x"]]);
                suppressions.push(json!({
                    "source": random.one_of(&sources), "metric": random.one_of(&["", "bar", "amp"]), "tags": tags,
                    "level": random.one_of(&["warning", "critical"]),
                    "escalation_override": random.one_of(&[true, false]),
                }));
                patterns.push(json!({
                    "source": random.one_of(&sources), "description": "d", "tags": [], "effect": random.one_of(&WORDS),
                    "conditions": {"max_level": random.one_of(&["warning", "critical"])},
                }));
            }
            for (suppression, pattern) in suppressions.iter().zip(&patterns) {
                owner.call("suppress_alert", suppression.clone()).await;
                owner.call("learn_pattern", pattern.clone()).await;
            }

            let mut expected = [0; 3];
            for alert in &alerts {
                let silenced = suppressions.iter().any(|suppression| is_silenced(alert, suppression));
                let explained = patterns.iter().any(|pattern| is_explained(alert, pattern));
                expected[if silenced { 0 } else if explained { 1 } else { 2 }] += 1;
            }
            assert!(expected.iter().all(|count| *count > 0), "the data is no test: {expected:?}");
            assert_eq!(outcome(&briefing(&owner).await), expected, "round {round}");
        }
        assert_eq!(outcome(&briefing(&session).await), [0, 0, 0]);
        stop(product).await;
    }
}
