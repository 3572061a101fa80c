//! 事件通知: an address is judged, its secret shown once, its deliveries read and sent again, within the own store.

use axum::http::StatusCode;
use domain::ids::MerchantId;
use domain::time::HOUR;
use storage::merchant::Reach;
use storage::webhook::delivery::{self, EndpointAnswer};
use storage::webhook::{self, EndpointId, EndpointStatus};

use crate::shop::{Answer, OPENING, Shop, Visitor};

const OWN: &str = "250100.2501001";
const URL: &str = "https://erp.example.com/webpos";
const FIRST: EndpointId = EndpointId(1001);
const ALL: Reach = Reach { merchant: MerchantId(250_100), outlet: None };

async fn make(visitor: &mut Visitor, place: &str) -> Answer {
    let fields = [
        ("url", URL),
        ("description", "ERP"),
        ("place", place),
        ("event", "payment.approved"),
        ("event", "sale.voided"),
    ];
    visitor.post("/webhooks", &fields).await
}

fn secret(answer: &Answer) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once("id=\"secret\">").expect("a secret");
    rest.split('<').next().expect("an end").to_owned()
}

#[tokio::test]
async fn a_manager_adds_an_address_and_sees_its_secret_once() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    manager.get("/webhooks").await.says("还没有通知地址");
    let made = make(&mut manager, OWN).await;
    assert_eq!(made.status, StatusCode::OK);
    made.says("只显示这一次");
    let first = secret(&made);
    let endpoint = webhook::find(&shop.db, ALL, FIRST).await.expect("reads").expect("made");
    assert_eq!(first, shop.vault.webhook_secret(&endpoint.salt));
    assert_eq!((endpoint.events.len(), endpoint.outlet.map(|id| id.0)), (2, Some(2_501_001)));
    for path in ["/webhooks", "/webhooks/1001"] {
        let page = manager.get(path).await;
        page.says(URL);
        page.says("示例大药房 中山路店");
        assert!(!page.text().contains("whsec_"), "{path}");
    }
    let rotated = manager.post("/webhooks/1001", &[("do", "rotate")]).await;
    rotated.says("24 小时内新旧密钥同时签名");
    assert_ne!(secret(&rotated), first);
    manager.get("/webhooks/1001").await.says("旧密钥有效至 2026-11-24 10:26:00");
    let audited = shop.audited().await;
    assert!(["webhook_created", "webhook_secret_rotated"].iter().all(|one| audited.contains(&(*one).to_owned())));
}

#[tokio::test]
async fn an_address_that_may_not_be_called_is_refused_with_words() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    for (url, words) in [
        ("", "无法识别"),
        ("http://erp.example.com/", "必须以 https:// 开头"),
        ("https://erp.example.com:8080/", "只能使用 443 端口"),
        ("https://127.0.0.1/", "必须是公网地址"),
        ("https://10.0.0.8/hook", "必须是公网地址"),
        ("https://2130706433/", "无法识别"),
        ("https://user@erp.example.com/", "无法识别"),
    ] {
        let refused = manager.post("/webhooks", &[("url", url), ("place", OWN), ("event", "batch.closed")]).await;
        refused.says("通知地址没有添加");
        refused.says(words);
    }
    manager.post("/webhooks", &[("url", URL), ("place", OWN)]).await.says("至少选择一种事件");
    let script = "<script>alert(1)</script>";
    let fields = [("url", URL), ("place", OWN), ("event", "batch.closed"), ("description", script)];
    let page = manager.post("/webhooks", &fields).await;
    assert!(!page.text().contains(script) && page.text().contains("&#60;script"), "{}", page.text());
}

#[tokio::test]
async fn a_manager_reaches_the_own_store_and_the_administrator_everybody() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    make(&mut admin, "250100.").await.says("示例大药房：全部门店");
    let mut manager = shop.signed_in("manager").await;
    let mut other = shop.signed_in("other").await;
    make(&mut manager, OWN).await;
    for place in ["250100.", "250100.2501002", "250200.2502001", "", "x", "250100"] {
        assert_eq!(make(&mut manager, place).await.status, StatusCode::BAD_REQUEST, "{place}");
    }
    // 1001 is the whole merchant's, 1002 the store's.
    for (login, foreign) in [("manager", "/webhooks/1001"), ("other", "/webhooks/1001"), ("other", "/webhooks/1002")] {
        let mut visitor = shop.same(if login == "manager" { &manager } else { &other });
        assert_eq!(visitor.get(foreign).await.status, StatusCode::NOT_FOUND, "{foreign}");
        for fields in
            [&[("do", "test")][..], &[("do", "rotate")], &[("do", "delete"), ("sure", "1")], &[("replay", "1")]]
        {
            assert_eq!(visitor.post(foreign, fields).await.status, StatusCode::NOT_FOUND, "{foreign} {fields:?}");
        }
    }
    assert!(!other.get("/webhooks").await.text().contains("/webhooks/100"));
    assert_eq!(admin.get("/webhooks/1002").await.status, StatusCode::OK);
    let gone = admin.post_and_look("/webhooks/1002", &[("do", "delete"), ("sure", "1")]).await;
    gone.says("通知地址已删除");
    assert_eq!(manager.get("/webhooks/1002").await.status, StatusCode::NOT_FOUND);
    let unsure = admin.post("/webhooks/1001", &[("do", "delete")]).await;
    assert_eq!(unsure.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn deliveries_are_read_and_sent_again_and_a_stopped_address_says_why() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    make(&mut manager, OWN).await;
    manager.post_and_look("/webhooks/1001", &[("do", "test")]).await.says("测试通知正在发送");
    let taken = async |now| {
        let waiting = delivery::waiting(&shop.db, now).await.expect("reads");
        delivery::lease(&shop.db, waiting, now).await.expect("writes")
    };
    let no = EndpointAnswer { status: Some(500), text: "<b>broken</b>".to_owned() };
    let first = taken(OPENING).await.remove(0);
    delivery::record_answer(&shop.db, &first, no.clone(), OPENING).await.expect("writes");
    let page = manager.get("/webhooks/1001").await;
    page.says("正在重试");
    page.says("自 2026-11-23 10:26:00 起没有成功过");
    page.says("下次 2026-11-23 10:26:05");
    page.says("&#60;b&#62;broken");
    let later = OPENING.plus(72 * HOUR);
    let last = taken(later).await.remove(0);
    assert!(delivery::record_answer(&shop.db, &last, no, later).await.expect("writes"), "stopped");
    let page = manager.get("/webhooks/1001").await;
    page.says("已自动停用");
    page.says("停用期间发生的事件不会补发");
    page.says("未送达，已停止");
    manager.post_and_look("/webhooks/1001", &[("do", "start")]).await.says("正常");
    manager.post_and_look("/webhooks/1001", &[("replay", &first.event.to_string())]).await.says("已安排重发");
    let endpoint = webhook::find(&shop.db, ALL, FIRST).await.expect("reads").expect("there");
    assert_eq!((endpoint.status, taken(later).await.len()), (EndpointStatus::Active, 1));
    manager.get("/lang/en").await;
    manager.get("/webhooks/1001").await.says("On its way");
}
