//! Terminals that pay at intervals through the published client library, and a client that reads meanwhile.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use webpos_client::model::{Currency, NewPayment, Status};
use webpos_client::{Attempt, Client, IdempotencyKey, TransactionFilter};

use crate::Failure;
use crate::fixture::{PIN, card_number};
use crate::load::{Target, at};

/// Latency in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waits {
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl Waits {
    fn of(mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        Self { p50: at(&micros, 50), p99: at(&micros, 99) }
    }
}

/// Runs terminals that each pay once per `every`. Every payment must be approved.
pub fn pay(target: &Target, terminals: u32, every: Duration, time: Duration) -> Result<Waits, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut all = JoinSet::new();
        let begun = Instant::now();
        for n in 0..terminals {
            let client = client(target)?;
            // Spread the starts over the interval, so that the terminals do not pay in step.
            let first = begun + every.mul_f64(f64::from(n) / f64::from(terminals));
            let cards = target.cards;
            all.spawn(async move {
                let (mut waits, mut due, mut card) = (Vec::new(), first, i64::from(n) * 7_919);
                while due < begun + time {
                    tokio::time::sleep_until(due.into()).await;
                    card = (card + 104_729) % cards;
                    let sent = Instant::now();
                    one(&client, card).await?;
                    waits.push(u32::try_from(sent.elapsed().as_micros())?);
                    due += every;
                }
                // The first payment includes connecting.
                Ok::<_, Failure>(waits.split_off(1.min(waits.len())))
            });
        }
        let mut waits = Vec::new();
        while let Some(terminal) = all.join_next().await {
            waits.extend(terminal??);
        }
        Ok(Waits::of(waits))
    })
}

/// Requests a page of today's transactions repeatedly until stopped. Returns the latency and the number of failures.
pub fn read(target: &Target, stop: &Arc<AtomicBool>) -> Result<(Waits, usize), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = client(target)?;
        let (mut waits, mut failed) = (Vec::new(), 0);
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            match client.transactions(TransactionFilter::default()).next().await {
                Ok(_) => waits.push(u32::try_from(begun.elapsed().as_micros())?),
                Err(_) => failed += 1,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok((Waits::of(waits), failed))
    })
}

fn client(target: &Target) -> Result<Client, Failure> {
    let server: &SocketAddr = target.servers.first().ok_or("no server")?;
    Ok(Client::new(format!("http://{server}"), target.token.as_str())?)
}

async fn one(client: &Client, card: i64) -> Result<(), Failure> {
    let payment = NewPayment {
        card_number: card_number(card).as_str().into(),
        pin: PIN.into(),
        amount: 100,
        currency: Currency::Cny,
        lines: None,
        merchant_order_number: None,
        terminal_id: None,
    };
    match client.pay(&IdempotencyKey::random(), &payment).await? {
        Attempt::Known(payment) if payment.status == Status::Approved => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}
