//! How well search finds what it should, on the set of this repository: both branches together find no less than words
//! alone, and both databases find the same.

#[path = "../retrieval/evaluate.rs"]
#[expect(clippy::pedantic, reason = "it is also a program that prints")]
mod evaluate;

use evaluate::{Measures, Set};

use crate::support::{Database, Kind};

/// Classes with fewer queries say too little.
const ENOUGH: usize = 20;

/// How far measures on the two databases may be from each other.
const SAME: f64 = 0.01;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_finds_no_less_than_words_alone_and_the_same_on_both_databases() {
    let set = Set::of_this_repository();
    let (sqlite, postgres) = (
        Database::migrated(Kind::Sqlite).await,
        Database::migrated(Kind::Postgres).await,
    );
    let reports = [
        set.run(sqlite.store().await, &[0.0, 0.6]).await,
        set.run(postgres.store().await, &[]).await,
    ];

    for report in &reports {
        let table = report.table();
        for (class, [words, .., fused]) in report
            .classes
            .iter()
            .filter(|(_, [of, ..])| of.queries >= ENOUGH)
        {
            assert!(
                fused.recall_10 >= words.recall_10,
                "{class}: recall; missed {:?}\n{table}",
                report.missed
            );
            assert!(
                fused.ndcg_10 >= words.ndcg_10 - SAME,
                "{class}: gain\n{table}"
            );
        }
    }
    let [one, other] = &reports;
    let [without, with] = &one.least[..] else {
        panic!("two were tried");
    };
    let table = one.table_of_least_cosines();
    assert!(
        with.hits < without.hits / 2.0,
        "nonsense finds much\n{table}"
    );
    assert!(
        with.recall_10 > without.recall_10 - 0.1,
        "answers are lost\n{table}"
    );
    assert!(with.least > without.least);
    assert_eq!(one.classes.len(), other.classes.len());
    for (class, ways) in &one.classes {
        for (way, (one, other)) in ways.iter().zip(&other.classes[class]).enumerate() {
            for (one, other) in figures(one).into_iter().zip(figures(other)) {
                assert!(
                    (one - other).abs() <= SAME,
                    "{class}, {}: {one} and {other}",
                    evaluate::WAYS[way]
                );
            }
        }
    }
    sqlite.guard().remove().await;
    postgres.guard().remove().await;
}

fn figures(measures: &Measures) -> [f64; 4] {
    [
        measures.recall_5,
        measures.recall_10,
        measures.ndcg_10,
        measures.reciprocal_rank,
    ]
}
