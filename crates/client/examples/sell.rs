//! Sells, loses the answer, asks for it, and refunds, against a demo (`webpos serve --demo`):
//! `cargo run -p webpos-client --example sell -- http://127.0.0.1:8080`

use std::error::Error;
use std::io::Write as _;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use webpos_client::model::{Approval, Currency, NewLine, NewPayment, NewRefund, RefundGround, Status};
use webpos_client::{Attempt, Client, IdempotencyKey};

const CARD: &str = "6086250000010012";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let mut out = std::io::stdout();
    for line in sell(&url).await? {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Runs the whole example and returns what happened, line by line.
pub(crate) async fn sell(url: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut told = Vec::new();
    let shop = Client::new(url, "wpos_1001_demo-erp-2026")?;
    let office = Client::new(url, "wpos_1002_demo-office-2026")?;

    // A connection that breaks before the response arrives. The client reports "unknown" and does not guess.
    let broken = format!("http://{}", cut_first_answer(url).await?);
    let unlucky = Client::builder(broken, "wpos_1001_demo-erp-2026").tries(1).build()?;
    let payment = NewPayment {
        amount: 3_100,
        card_number: CARD.into(),
        currency: Currency::Cny,
        lines: Some(vec![NewLine { product_code: Some("600233".to_owned()), quantity: 2, ..NewLine::default() }]),
        merchant_order_number: Some("ERP-2026-000018".to_owned()),
        pin: "123456".into(),
        terminal_id: None,
    };
    let key = IdempotencyKey::random();
    let Attempt::Unknown(unknown) = unlucky.pay(&key, &payment).await? else {
        return Err("the response was not lost".into());
    };
    told.push(format!("lost: {}", unknown.why()));

    // Asking moves nothing. The connection holds this time.
    let Attempt::Known(paid) = unknown.ask().await else { return Err("still unknown".into()) };
    let id = paid.id.ok_or("a recorded payment has a number")?;
    told.push(format!("asked: {} {:?}, {} fen", id, paid.status, paid.amount));
    if paid.status != Status::Approved {
        return Err("it was declined".into());
    }
    // Repeating with the same key charges nothing.
    let Attempt::Known(again) = shop.pay(&key, &payment).await? else { return Err("unknown".into()) };
    told.push(format!("repeated: the same payment, {}", again.id.as_deref() == Some(&id)));

    // One key requests a refund, another decides.
    let asked = NewRefund {
        escalate: None,
        ground: RefundGround::Quality,
        lines: None,
        payment_id: id,
        reason: "the boxes are damaged".to_owned(),
    };
    let refund = shop.request_refund(&IdempotencyKey::random(), &asked).await?;
    let Attempt::Known(refund) = refund else { return Err("unknown".into()) };
    let number = refund.id.ok_or("a recorded refund has a number")?;
    told.push(format!("refund {number}: {:?}", refund.status));
    let approval = Approval { card_number: CARD.into(), opinion: "looked at the boxes".to_owned() };
    let decided = office.approve_refund(&IdempotencyKey::random(), &number, &approval).await?;
    let Attempt::Known(decided) = decided else { return Err("unknown".into()) };
    told.push(format!("decided: {:?}", decided.status));
    Ok(told)
}

/// A proxy to the server that loses the first response and passes everything after it.
async fn cut_first_answer(url: &str) -> Result<std::net::SocketAddr, Box<dyn Error>> {
    let server = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let (client, _) = listener.accept().await?;
        lose(client, TcpStream::connect(&server).await?).await?;
        loop {
            let (mut client, _) = listener.accept().await?;
            let mut server = TcpStream::connect(&server).await?;
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
        #[expect(unreachable_code, reason = "says what an error is")]
        Ok::<(), std::io::Error>(())
    });
    Ok(address)
}

/// Passes the request on, waits for the server's response, and closes the connection.
async fn lose(client: TcpStream, server: TcpStream) -> std::io::Result<()> {
    let ((mut from_client, _to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    let forward = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    from_server.read_u8().await?;
    forward.abort();
    Ok(())
}
