use super::*;

/// Every list and count goes along an index and sorts nothing.
#[tokio::test]
async fn cards_are_found_by_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Storage::open(&folder.path().join("webpos.db")).expect("opens");
    let plans = db.read(|connection| {
        let plan = |ask: &Question<'_>| -> sql::Result<Vec<String>> {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", ask.text))?;
            statement.query_map(ask.values.as_slice(), |row| row.get(3))?.collect()
        };
        let mut plans = Vec::new();
        let serial = Serial::new(123, 4_518).expect("a serial");
        for find in [
            Find::All,
            Find::LastFour("5678".to_owned()),
            Find::Holder("a".to_owned()),
            Find::Serial(serial),
            Find::Customer(CustomerId(1_000_001)),
        ] {
            for status in [None, Some(CardStatus::Frozen)] {
                for programme in [None, Some(1)] {
                    let filter = Filter { find: find.clone(), status, programme };
                    let asked = Asked::new(&filter, Some(&("a".to_owned(), CardId(7))), 50);
                    plans.push((filter.clone(), plan(&asked.lines(&filter))?));
                    plans.push((filter.clone(), plan(&asked.count(&filter))?));
                }
            }
        }
        Ok(plans)
    });
    for (filter, plan) in plans.await.expect("plans") {
        let bad = plan.iter().any(|step| step.starts_with("SCAN c") || step.contains("TEMP B-TREE"));
        let first = plan.iter().find(|step| step.contains(" c ") || step.ends_with(" c")).expect("the cards");
        assert!(!bad && first.starts_with("SEARCH c USING"), "{filter:?}: {plan:?}");
        let index = match filter.find {
            Find::LastFour(_) => "card_last_four",
            Find::Holder(_) => "card_holder",
            Find::Customer(_) => "card_customer",
            _ => "",
        };
        assert!(first.contains(index), "{filter:?}: {plan:?}");
    }
}
