//! The process that is killed: the engine over a database file, asked by lines on its standard input.
//!
//! `ID sale REQUEST ORDER AMOUNT CARD`, `ID load REQUEST AMOUNT CARD`, `ID withdraw REQUEST ORDER AMOUNT` and `ID verify`
//! are answered by `ID CODE SEQUENCE`, as soon as the answer is durable. The first
//! line is `0 ready 0`. A printed answer has left the process, so the parent can rely on it.

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use domain::outcome::Outcome;
use engine::Engine;
use engine::clock::Clock;
use storage::{Books, Sqlite};

use crate::intent::{Act, Reply, Terms, What, Who};
use crate::shop::{ACTOR, chain_key, request};

/// Serves until standard input ends.
pub fn serve(path: &Path) -> Result<(), String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let _guard = runtime.enter();
    let database = Sqlite::open(path).map_err(|error| error.to_string())?;
    let books = Books::Sqlite(database, chain_key());
    let engine = Engine::start(books.clone(), Clock::system());
    say("0", "ready", 0);
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let (engine, books) = (engine.clone(), books.clone());
        runtime.spawn(async move { answer(&line, &engine, &books).await });
    }
    Ok(())
}

async fn answer(line: &str, engine: &Engine, books: &Books) {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<i64>().ok()).unwrap_or(-1);
    let id = words[0];
    let act = match words.get(1).copied() {
        Some("sale") => Act::Sale { order: number(3), amount: number(4), card: number(5), right: true },
        Some("load") => {
            let code = put_money(engine, number(2), number(4), number(3)).await;
            say(id, &code, 0);
            return;
        }
        Some("withdraw") => Act::Withdraw { order: number(3), amount: number(4) },
        _ => {
            match books.verify().await {
                Ok(findings) if findings.is_empty() => say(id, "clean", 0),
                Ok(findings) => say(id, &findings[0].to_string(), -1),
                Err(error) => say(id, &error.to_string(), -1),
            }
            return;
        }
    };
    let request = request(u64::try_from(number(2)).expect("a request number"));
    match engine.submit(request, ACTOR, act.command()).await.map(|outcome| Reply::of(&outcome)) {
        Ok(Reply::Recorded { sequence, code, .. }) => say(id, &code, sequence),
        Ok(_) => say(id, "other", 0),
        Err(error) => say(id, &error.to_string().replace(' ', "_"), -1),
    }
}

/// Pays `amount` in and puts it on `card`, by two persons; the code of what went wrong, if anything did.
async fn put_money(engine: &Engine, first: i64, card: i64, amount: i64) -> String {
    let mut request = (4 * first..).map(|n| request(u64::try_from(n).expect("a request number")));
    for (what, seen) in [(What::Funding(first), 0), (What::Load(card), ACTIVE)] {
        let act = Act::Propose { what, value: amount, seen: Some(seen) };
        let id = request.next().expect("numbers do not end");
        let proposed = engine.submit(id, Who::Issuer.actor(), act.command()).await;
        let made = match proposed.as_ref().map(Outcome::transaction) {
            Ok(Some(made)) if made.approved() => made,
            other => return format!("{other:?}").replace(' ', "_"),
        };
        let terms = Terms { what, value: amount, seen: Some(seen), maker: Who::Issuer.person(), at: made.at.0 };
        let act = Act::Decide { proposal: made.id.sequence(), terms, yes: true, worded: true };
        let id = request.next().expect("numbers do not end");
        match engine.submit(id, Who::OtherIssuer.actor(), act.command()).await {
            Ok(decided) if decided.approved() => {}
            other => return format!("{other:?}").replace(' ', "_"),
        }
    }
    "00".to_owned()
}

/// The place of `active` among the states of a card.
const ACTIVE: i64 = 1;

/// One line, handed to the system at once.
fn say(id: &str, what: &str, sequence: i64) {
    let mut out = std::io::stdout().lock();
    // A parent that is gone needs no answer.
    let _ = out.write_all(format!("{id} {what} {sequence}\n").as_bytes());
    let _ = out.flush();
}
