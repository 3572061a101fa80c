//! The process that is killed: the engine over a database file, asked by lines on its standard input.
//!
//! `ID sale REQUEST ORDER AMOUNT CARD`, `ID load REQUEST AMOUNT CARD`, `ID withdraw REQUEST ORDER AMOUNT` and `ID verify`
//! are answered by `ID CODE SEQUENCE`, as soon as the answer is durable. The first
//! line is `0 ready 0`. A printed answer has left the process, so the parent can rely on it.

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use engine::Engine;
use engine::clock::Clock;
use storage::{Books, Sqlite};

use crate::intent::{Act, Reply};
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
        Some("load") => Act::Load { amount: number(3), card: number(4) },
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

/// One line, handed to the system at once.
fn say(id: &str, what: &str, sequence: i64) {
    let mut out = std::io::stdout().lock();
    // A parent that is gone needs no answer.
    let _ = out.write_all(format!("{id} {what} {sequence}\n").as_bytes());
    let _ = out.flush();
}
