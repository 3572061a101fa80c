//! Keys, scopes, signatures, limits.

use axum::http::Request;
use domain::ids::{OutletId, TerminalId};
use domain::time::HOUR;
use serde_json::json;
use storage::api_key::{self, Scope};
use storage::directory::{self, NewTerminal};

use crate::fixture::{Fixture, OPENING, described, entry, payment};

fn filled(path: &str) -> String {
    path.replace("{id}", "010000000001").replace("{code}", "600233").replace("{date}", "2026-11-23")
}

#[tokio::test]
async fn no_operation_answers_without_a_live_key() {
    let shop = Fixture::open().await;
    let (expired, token_expired) = shop.key(|key| key.expires_at = OPENING).await;
    let (revoked, token_revoked) = shop.key(|_| {}).await;
    assert!(api_key::revoke(&shop.db, revoked, None, None, entry()).await.expect("writes"));
    let wrong = format!("wpos_{expired}_{}", "0".repeat(48));
    for operation in described() {
        for token in [token_expired.as_str(), &token_revoked, &wrong, "", "wpos_1001_", "x"] {
            let program = shop.with_token(token);
            let request = program.request(&operation.method, &filled(&operation.path), "k", operation.body.as_ref());
            let answer = program.send(request).await;
            answer.is(401, "unauthenticated");
            assert!(answer.headers.contains_key("www-authenticate"));
        }
    }
    let bare = Request::get("/api/v1/me").body(axum::body::Body::empty()).expect("a request");
    shop.program(0).send(bare).await.is(401, "unauthenticated");
    // A merchant that is out of business.
    let suspended = shop.db.write(|connection| {
        connection.execute("UPDATE merchant SET status = 'suspended' WHERE id = 250100", [])?;
        Ok(())
    });
    suspended.await.expect("writes");
    shop.program(0).get("/me").await.is(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_else() {
    let shop = Fixture::open().await;
    for scope in Scope::ALL {
        let (_, token) = shop.key(|key| key.scopes = vec![scope]).await;
        let program = shop.with_token(&token);
        for operation in described() {
            let key = format!("{}-{}", operation.id, scope.word());
            let request = program.request(&operation.method, &filled(&operation.path), &key, operation.body.as_ref());
            let answer = program.send(request).await;
            let allowed = operation.scopes.is_empty() || operation.scopes.iter().any(|word| word == scope.word());
            if allowed {
                assert!(
                    !matches!(answer.status.as_u16(), 401 | 403),
                    "{} {}: {}",
                    operation.id,
                    scope.word(),
                    answer.text
                );
            } else {
                answer.is(403, "scope_missing");
            }
        }
    }
}

#[tokio::test]
async fn the_last_use_is_recorded_once_a_minute() {
    let shop = Fixture::open().await;
    let (id, token) = shop.key(|_| {}).await;
    let program = shop.with_token(&token);
    let seen = || async {
        let all = api_key::list(&shop.db, None, None).await.expect("reads");
        all.into_iter().find(|key| key.id == id).and_then(|key| key.seen_at)
    };
    assert_eq!(seen().await, None);
    program.get("/me").await.is(200, "");
    assert_eq!(seen().await, Some(OPENING));
    shop.clock.advance(30_000_000);
    program.get("/me").await.is(200, "");
    assert_eq!(seen().await, Some(OPENING));
    shop.clock.advance(HOUR);
    program.get("/me").await.is(200, "");
    assert!(seen().await > Some(OPENING));
}

#[tokio::test]
async fn requests_over_the_rate_limit_are_rejected() {
    let shop = Fixture::open().await;
    let (_, token) = shop.key(|key| key.rate_max = 12).await;
    let program = shop.with_token(&token);
    for _ in 0..3 {
        program.get("/me").await.is(200, "");
    }
    let refused = program.get("/me").await;
    refused.is(429, "rate_limited");
    let wait: i64 = refused.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    shop.clock.advance(wait * 1_000_000);
    program.get("/me").await.is(200, "");
    shop.program(0).get("/me").await.is(200, "");
}

/// The signature as documented.
fn signature(secret: &str, text: &str) -> String {
    use std::fmt::Write as _;
    // HMAC from SHA-256 (RFC 2104), so that the test does not use the code under test.
    use sha2::{Digest as _, Sha256};
    let mut block = [0_u8; 64];
    block[..secret.len().min(64)].copy_from_slice(&secret.as_bytes()[..secret.len().min(64)]);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(text).finalize();
    let outer = Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize();
    outer.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[tokio::test]
async fn a_signed_key_accepts_each_correct_signature_once() {
    use sha2::{Digest as _, Sha256};
    let shop = Fixture::open().await;
    let (id, token) = shop.key(|key| key.signed = true).await;
    let program = shop.with_token(&token);
    program.get("/me").await.is(401, "signature_invalid");
    let secret = shop.vault.signing_secret(id.0);
    let send_key = async |at: i64, nonce: &str, keys: [&str; 2], signed_body: &str, body: &str| {
        let digest = Sha256::digest(signed_body.as_bytes());
        let digest = storage::vault::hex(&digest);
        let time = OPENING.0 / 1_000_000 + at;
        let [signed_key, key] = keys;
        let text = format!("POST\n/api/v1/payments?\n{time}\n{nonce}\n{signed_key}\n{digest}");
        let request = Request::post("/api/v1/payments?")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .header("x-webpos-timestamp", time.to_string())
            .header("x-webpos-nonce", nonce)
            .header("x-webpos-signature", signature(&secret, &text));
        program.send(request.body(axum::body::Body::from(body.to_owned())).expect("a request")).await
    };
    let send = async |at: i64, nonce: &str, signed_body: &str, body: &str| {
        send_key(at, nonce, [nonce, nonce], signed_body, body).await
    };
    let mut asked = payment(100);
    asked["terminal_id"] = json!("25010007");
    let (right, other) = (asked.to_string(), asked.to_string().replace("100", "900"));
    send(0, "nonce-0001", &right, &right).await.is(201, "");
    send(0, "nonce-0001", &right, &right).await.is(401, "signature_invalid");
    send(0, "nonce-0002", &right, &other).await.is(401, "signature_invalid");
    send(301, "nonce-0003", &right, &right).await.is(401, "signature_invalid");
    send(-301, "nonce-0003", &right, &right).await.is(401, "signature_invalid");
    send(0, "short", &right, &right).await.is(401, "signature_invalid");
    send(299, "nonce-0003", &right, &right).await.is(201, "");
    // An honest retry, altered on its way so that it would be a second payment.
    send_key(0, "nonce-0004", ["nonce-0003", "another"], &right, &right).await.is(401, "signature_invalid");
    send_key(0, "nonce-0005", ["nonce-0003", "nonce-0003"], &right, &right).await.is(201, "");
}

#[tokio::test]
async fn a_key_takes_back_payments_of_its_own_reach_only() {
    let shop = Fixture::open().await;
    let other = TerminalId(25_010_008);
    let (_, token) = shop.key(|key| key.terminal = Some(other)).await;
    let other = shop.with_token(&token);
    let (_, token) = shop.key(|key| (key.outlet, key.scopes) = (Some(OutletId(2_501_001)), vec![Scope::Sell])).await;
    let outlet = shop.with_token(&token);
    let erp = shop.program(0);
    let pay = async |key: &str| erp.post_as("/payments", key, &payment(100)).await;
    let before = shop.balance().await;
    let id = pay("first").await.text_of("id");
    let by_key = |key: &str| json!({"payment_idempotency_key": key});
    // Another terminal's, also by a key of an outlet that has seen the number or the key of a payment.
    other.post(&format!("/payments/{id}/reversal"), &json!({})).await.is(404, "not_found");
    other.post("/reversals", &by_key("first")).await.is(422, "invalid_request");
    assert_eq!(shop.balance().await, before - 100);
    outlet.post("/reversals", &by_key("first")).await.is(201, "");
    let second = pay("second").await.text_of("id");
    let own = shop.program(0).post(&format!("/payments/{second}/reversal"), &json!({})).await;
    own.is(201, "");
    assert_eq!(shop.balance().await, before);
    // Two terminals of one outlet: what a key may read is more than what it may take back.
    let till = NewTerminal::of(25_010_009, 2_501_001);
    shop.db.write(move |connection| Ok(directory::insert_terminal(connection, &till)?)).await.expect("writes");
    let (_, token) = shop.key(|key| key.terminal = Some(TerminalId(25_010_009))).await;
    let neighbour = shop.with_token(&token);
    let third = pay("third").await.text_of("id");
    neighbour.get(&format!("/payments/{third}")).await.is(200, "");
    neighbour.post(&format!("/payments/{third}/reversal"), &json!({})).await.is(404, "not_found");
    neighbour.post("/reversals", &by_key("third")).await.is(404, "not_found");
    assert_eq!(shop.balance().await, before - 100);
    shop.assert_in_order().await;
}

#[tokio::test]
async fn a_key_that_opens_nothing_says_why_to_the_program_that_has_it() {
    let shop = Fixture::open().await;
    let erp = shop.program(0);
    let changes = [
        ("UPDATE person SET status = 'disabled' WHERE id = 1002", "its maker is disabled"),
        ("UPDATE person SET status = 'active', must_change = 1 WHERE id = 1002", "set a new password"),
        ("UPDATE person SET must_change = 0 WHERE id = 1002", ""),
        ("UPDATE api_key SET expires_at = 1 WHERE id = 1001", "expired at 1970-01-01"),
        ("UPDATE api_key SET revoked_at = 1 WHERE id = 1001", "revoked"),
    ];
    for (change, why) in changes {
        shop.db.write(move |connection| Ok(connection.execute(change, [])?)).await.expect("writes");
        let answer = erp.get("/me").await;
        if why.is_empty() {
            answer.is(200, "");
        } else {
            answer.is(401, "unauthenticated");
            assert!(answer.text.contains(why), "{}", answer.text);
        }
        // Whoever guesses learns nothing.
        let guess = shop.with_token("wpos_1001_demo-erp-2027").get("/me").await;
        assert!(guess.text.contains("Send Authorization"), "{}", guess.text);
    }
}
