//! Who may use which route: a row each, compared with the document of the API
//! and tried with everybody.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::staff_bed::{OUR_GTIN, OURS, StaffBed, WHO, location};

mod buyers;
mod cases;
mod officers;
mod spot;
mod visits;

/// Method, path, and who may: b buyer (anyone); of the enterprise whose object it is w owner, p planner,
/// a approver, l line, q quality, s sales, v viewer; t owner of another; of an office
/// o officer, u supervisor, g legal, r auditor; c the county's administrator.
pub type Row = (&'static str, &'static str, &'static str);

const ROUTES: &[Row] = &[
    ("get", "/", "bwpalqsvtougrc"),
    ("get", "/{code}", "bwpalqsvtougrc"),
    ("get", "/01/{gtin}/10/{lot}/21/{serial}", "bwpalqsvtougrc"),
    ("get", "/01/{gtin}/21/{serial}", "bwpalqsvtougrc"),
    ("get", "/own/{enterprise}/{serial}", "bwpalqsvtougrc"),
    ("get", "/PROOF/{module_um}/{filler}", "bwpalqsvtougrc"),
    ("get", "/proof/{module_um}/{filler}", "bwpalqsvtougrc"),
    ("get", "/check", "bwpalqsvtougrc"),
    ("post", "/api/v1/scans", "bwpalqsvtougrc"),
    ("get", "/.well-known/jwks.json", "bwpalqsvtougrc"),
    ("get", "/.well-known/office-jwks.json", "bwpalqsvtougrc"),
    ("get", "/openapi.json", "bwpalqsvtougrc"),
    ("get", "/static/{name}", "bwpalqsvtougrc"),
    ("get", "/favicon.ico", "bwpalqsvtougrc"),
    ("get", "/robots.txt", "bwpalqsvtougrc"),
    ("get", "/healthz", "bwpalqsvtougrc"),
    ("get", "/readyz", "bwpalqsvtougrc"),
    // By the network of the caller, not by role.
    ("get", "/metrics", "bwpalqsvtougrc"),
    ("get", "/enterprise", "bwpalqsvtougrc"),
    ("get", "/enterprise/sign-in", "bwpalqsvtougrc"),
    ("post", "/enterprise/sign-in", "bwpalqsvtougrc"),
    ("get", "/enterprise/", "wpalqsvt"),
    ("get", "/enterprise/order", "wpt"),
    ("post", "/enterprise/order", "wpt"),
    ("get", "/enterprise/orders/{id}", "wpalqsv"),
    ("post", "/enterprise/orders/{id}/cancel", "wp"),
    ("post", "/enterprise/orders/{id}/retry", "wp"),
    ("get", "/enterprise/orders/{id}/files/{name}", "wp"),
    ("get", "/enterprise/batches/{batch}", "wpalqsv"),
    ("post", "/enterprise/batches/{batch}/activate", "wl"),
    ("post", "/enterprise/batches/{batch}/move", "wplq"),
    ("post", "/enterprise/batches/{batch}/move-file", "wplq"),
    ("post", "/enterprise/batches/{batch}/movements/{id}/undo", "wl"),
    ("post", "/enterprise/batches/{batch}/activations/{id}/cancel", "wl"),
    ("get", "/enterprise/closing", "wpalqsvt"),
    ("post", "/enterprise/closing", "wlqt"),
    ("post", "/enterprise/closing/{batch}/{id}/found", "wlq"),
    // Of people, of the trail, of deliveries: owners alone.
    ("get", "/enterprise/lists/{list}", "wpalqsvt"),
    ("get", "/enterprise/exports", "wpalqsvt"),
    // Of people and of the trail: owners alone.
    ("get", "/enterprise/exports/{kind}", "wpalqsvt"),
    ("get", "/enterprise/own", "wpalqsvt"),
    ("post", "/enterprise/own", "wpt"),
    ("get", "/enterprise/own/{id}", "wpalqsv"),
    ("get", "/enterprise/webhooks", "wt"),
    ("post", "/enterprise/webhooks", "wt"),
    ("get", "/enterprise/line", "wlt"),
    ("post", "/enterprise/line/captures", "wlt"),
    ("get", "/enterprise/line/shell", "wlt"),
    ("get", "/enterprise/line-worker.js", "bwpalqsvtougrc"),
    ("get", "/enterprise/places", "wpalqsvt"),
    ("post", "/enterprise/places", "wst"),
    ("post", "/enterprise/places/customs", "wt"),
    ("get", "/enterprise/trace", "wpalqsvt"),
    ("get", "/enterprise/trace/events.jsonld", "wpalqsvt"),
    ("post", "/enterprise/trace/declare", "wqt"),
    // As the act is: here of who sells.
    ("get", "/enterprise/trace/acts/{act}", "wst"),
    ("post", "/enterprise/trace/acts/{act}", "wst"),
    ("get", "/api/v1/enterprises", "wpalqsvtc"),
    ("post", "/api/v1/enterprises", "c"),
    ("get", "/api/v1/products", "wpalqsvtc"),
    ("post", "/api/v1/products", "wptc"),
    ("get", "/api/v1/batches", "wpalqsvtc"),
    ("post", "/api/v1/batches", "wptc"),
    ("get", "/api/v1/batches/{batch}", "wpalqsvc"),
    ("get", "/api/v1/batches/{batch}/scans", "wpalqsvc"),
    ("get", "/api/v1/batches/{batch}/ranges", "wpalqsvc"),
    ("post", "/api/v1/batches/{batch}/ranges", "wlc"),
    ("delete", "/api/v1/batches/{batch}/ranges/{id}", "wlc"),
    ("get", "/api/v1/batches/{batch}/movements", "wpalqsvc"),
    ("post", "/api/v1/batches/{batch}/movements", "wlc"),
    ("post", "/api/v1/batches/{batch}/movements/file", "wlc"),
    ("get", "/api/v1/batches/{batch}/movements/{id}", "wpalqsvc"),
    ("post", "/api/v1/batches/{batch}/movements/{id}/undo", "wlc"),
    ("get", "/api/v1/batches/{batch}/balance", "wpalqsvc"),
    ("get", "/api/v1/batches/{batch}/activations", "wpalqsvc"),
    ("post", "/api/v1/batches/{batch}/activations", "wlc"),
    ("delete", "/api/v1/batches/{batch}/activations/{id}", "wlc"),
    ("post", "/api/v1/activations", "wltc"),
    ("get", "/api/v1/closings", "wpalqsvtc"),
    ("post", "/api/v1/batches/{batch}/closings", "wlqc"),
    ("post", "/api/v1/imports/{kind}", "wptc"),
    ("get", "/api/v1/batches/{batch}/own-serials", "wpalqsvc"),
    ("get", "/api/v1/own-imports", "wpalqsvtc"),
    ("post", "/api/v1/own-imports", "wptc"),
    ("get", "/api/v1/own-imports/{id}", "wpalqsvc"),
    ("post", "/api/v1/trace/captures", "wlt"),
    ("get", "/api/v1/trace/events", "wpalqsvt"),
    ("post", "/api/v1/trace/events", "wlqst"),
    ("get", "/api/v1/trace/units/{code}", "wpalqsv"),
    ("get", "/api/v1/trace/places", "wpalqsvt"),
    ("post", "/api/v1/trace/places", "wst"),
    ("post", "/api/v1/trace/imports", "wlt"),
    ("get", "/api/v1/trace/customs", "wpalqsvt"),
    ("put", "/api/v1/trace/customs", "wt"),
    ("get", "/api/v1/settings", "wt"),
    ("put", "/api/v1/settings", "wt"),
    ("get", "/api/v1/printers", "wpt"),
    ("post", "/api/v1/printers", "wt"),
    ("get", "/api/v1/alarms", "wpalqsvt"),
    ("get", "/api/v1/approvals", "wpalqsvt"),
    ("get", "/api/v1/overview", "wpalqsvt"),
    ("get", "/api/v1/orders", "wpalqsvtc"),
    ("post", "/api/v1/orders", "wptc"),
    ("get", "/api/v1/exports/{kind}", "wpalqsvt"),
    ("get", "/api/v1/webhooks", "wt"),
    ("post", "/api/v1/webhooks", "wt"),
    ("get", "/enterprise/overview", "wpalqsvt"),
    ("post", "/enterprise/overview/replies", "wqst"),
    ("get", "/enterprise/recalls", "wpalqsvt"),
    ("post", "/enterprise/recalls", "wqst"),
    ("get", "/enterprise/recalls/new", "wqst"),
    ("get", "/enterprise/recalls/{id}", "wpalqsv"),
    ("post", "/enterprise/recalls/{id}/decide", "wa"),
    ("post", "/enterprise/recalls/{id}/returns", "wqs"),
    ("post", "/enterprise/recalls/{id}/close", "wqs"),
    ("get", "/api/v1/recalls", "wpalqsvtc"),
    ("post", "/api/v1/recalls", "wqstc"),
    ("get", "/api/v1/recalls/{id}", "wpalqsvc"),
    ("post", "/api/v1/recalls/{id}/decide", "wac"),
    ("post", "/api/v1/recalls/{id}/returns", "wqsc"),
    ("post", "/api/v1/recalls/{id}/close", "wqsc"),
];
/// Of products.
const PRODUCT_ROUTES: &[Row] = &[
    ("get", "/enterprise/products", "wpalqsvt"),
    ("post", "/enterprise/products", "wpt"),
    ("get", "/enterprise/products/{gtin}", "wp"),
    ("post", "/enterprise/products/{gtin}", "wp"),
    ("put", "/api/v1/products/{gtin}", "wpc"),
];
/// Of one order of the API.
const ORDER_ROUTES: &[Row] = &[
    ("post", "/api/v1/orders/{id}/approve", "wac"),
    ("get", "/api/v1/orders/{id}/package", "wpalqsvc"),
    ("post", "/api/v1/orders/{id}/package", "wpc"),
    ("get", "/api/v1/orders/{id}", "wpalqsvc"),
    ("post", "/api/v1/orders/{id}/cancel", "wpc"),
    ("get", "/api/v1/orders/{id}/files", "wpalqsvc"),
    ("get", "/api/v1/orders/{id}/files/{name}", "wpc"),
];
/// Accounts, keys and the county.
const PEOPLE_ROUTES: &[Row] = &[
    // For who gave a password and nobody else: the others are taken to the form.
    ("get", "/sign-in/code", ""),
    ("post", "/sign-in/code", ""),
    ("get", "/join/{token}", "bwpalqsvtougrc"),
    ("post", "/join/{token}", "bwpalqsvtougrc"),
    ("get", "/account", "bwpalqsvtougrc"),
    ("get", "/account/", "wpalqsvtougrc"),
    ("post", "/account/password", "wpalqsvtougrc"),
    ("get", "/account/second-factor", "wpalqsvtougrc"),
    ("post", "/account/second-factor", "wpalqsvtougrc"),
    ("post", "/account/second-factor/remove", "wpalqsvtougrc"),
    ("post", "/account/recovery-codes", "wpalqsvtougrc"),
    // The session is the owner's.
    ("post", "/account/sessions/{id}/end", "w"),
    ("post", "/account/sessions/end", "wpalqsvtougrc"),
    // Before its account is closed, which ends it.
    ("get", "/enterprise/keys", "wt"),
    ("post", "/enterprise/keys", "wt"),
    ("post", "/enterprise/keys/{id}/replace", "w"),
    ("post", "/enterprise/keys/{id}/end", "w"),
    ("get", "/enterprise/people", "wt"),
    ("post", "/enterprise/people", "wt"),
    ("get", "/enterprise/people/{login}", "w"),
    ("post", "/enterprise/people/{login}/duties", "w"),
    ("post", "/enterprise/people/{login}/close", "w"),
    ("post", "/enterprise/people/{login}/open", "w"),
    ("post", "/enterprise/people/{login}/link", "w"),
    ("post", "/enterprise/people/{login}/second-factor/remove", "w"),
    ("get", "/county", "bwpalqsvtougrc"),
    ("get", "/county/sign-in", "bwpalqsvtougrc"),
    ("post", "/county/sign-in", "bwpalqsvtougrc"),
    ("get", "/county/", "c"),
    ("post", "/county/enterprises", "c"),
    ("get", "/county/enterprises/{uscc}", "c"),
    ("post", "/county/enterprises/{uscc}/licences", "c"),
    ("post", "/county/enterprises/{uscc}/owners", "c"),
    ("get", "/county/people", "c"),
    ("post", "/county/people", "c"),
    ("get", "/county/people/{login}", "c"),
    ("post", "/county/people/{login}/close", "c"),
    ("post", "/county/people/{login}/open", "c"),
    ("post", "/county/people/{login}/link", "c"),
    ("post", "/county/people/{login}/second-factor/remove", "c"),
    ("get", "/county/offices", "c"),
    ("post", "/county/offices", "c"),
    ("post", "/county/people/{login}/seat", "c"),
    ("get", "/county/lists/{list}", "c"),
    ("get", "/county/audit", "c"),
    ("get", "/county/audit.jsonl", "c"),
];
/// Of one endpoint of webhooks.
const WEBHOOK_ROUTES: &[Row] = &[
    ("get", "/enterprise/webhooks/{id}", "w"),
    ("post", "/enterprise/webhooks/{id}/test", "w"),
    ("post", "/enterprise/webhooks/{id}/rotate", "w"),
    ("post", "/enterprise/webhooks/{id}/disable", "w"),
    ("post", "/enterprise/webhooks/{id}/enable", "w"),
    ("post", "/enterprise/webhooks/{id}/replay", "w"),
    ("get", "/api/v1/webhooks/{id}/deliveries", "w"),
    ("post", "/api/v1/webhooks/{id}/replay", "w"),
    ("delete", "/api/v1/webhooks/{id}", "w"),
];
/// Approval, and the hand-over to a printing house.
const HAND_OVER_ROUTES: &[Row] = &[
    ("post", "/enterprise/order/preview", "wpt"),
    ("post", "/enterprise/orders/{id}/approve", "wa"),
    ("post", "/enterprise/orders/{id}/reject", "wa"),
    ("post", "/enterprise/orders/{id}/package", "wp"),
    ("get", "/enterprise/packages/{id}", "wpalqsv"),
    ("post", "/enterprise/packages/{id}/renew", "wp"),
    ("post", "/enterprise/packages/{id}/end", "wp"),
    ("post", "/enterprise/packages/{id}/release", "wp"),
    ("post", "/enterprise/packages/{id}/activate-spares", "wl"),
    ("get", "/enterprise/packages/{id}/sign-off", "wq"),
    ("post", "/enterprise/packages/{id}/sign-off", "wq"),
    ("get", "/enterprise/printers", "wt"),
    ("post", "/enterprise/printers", "wt"),
    ("post", "/enterprise/printers/{id}/retire", "w"),
    ("delete", "/api/v1/printers/{id}", "w"),
    ("get", "/enterprise/settings", "wt"),
    ("post", "/enterprise/settings", "wt"),
    ("get", "/printer", "bwpalqsvtougrc"),
    ("get", "/printer/sign-in", "bwpalqsvtougrc"),
    ("post", "/printer/sign-in", "bwpalqsvtougrc"),
    // By the code of a package, not by role.
    ("get", "/printer/", ""),
    ("get", "/printer/key.age", ""),
    ("post", "/printer/downloads", ""),
    ("get", "/printer/downloads/{name}", ""),
    ("post", "/printer/reports", ""),
    ("post", "/printer/sign-out", "bwpalqsvtougrc"),
];
/// Last of all: they end the session with which the others are tried.
const LEAVING: &[Row] = &[
    ("get", "/enterprise/line/left", "bwpalqsvtougrc"),
    ("post", "/enterprise/sign-out", "bwpalqsvtougrc"),
    ("get", "/officer/check/left", "bwpalqsvtougrc"),
    ("post", "/officer/sign-out", "bwpalqsvtougrc"),
    ("post", "/county/sign-out", "bwpalqsvtougrc"),
];

pub fn rows() -> impl Iterator<Item = Row> {
    let tables = [
        ROUTES,
        ORDER_ROUTES,
        PEOPLE_ROUTES,
        WEBHOOK_ROUTES,
        PRODUCT_ROUTES,
        HAND_OVER_ROUTES,
        buyers::ROWS,
        officers::ROWS,
        cases::ROWS,
        spot::ROWS,
        visits::ROWS,
        LEAVING,
    ];
    tables.into_iter().flatten().copied()
}

#[tokio::test]
async fn every_route_of_the_document_has_a_row_and_every_row_a_route() {
    let bed = StaffBed::start().await;
    let document = bed.get("anyone", "/openapi.json").await;
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            documented.insert(format!("{method} {path}"));
            let keyed = operation.get("security").is_some();
            let wanted = path.starts_with("/api/") && path != "/api/v1/scans";
            assert_eq!(keyed, wanted, "{method} {path}: does the document ask for a key?");
        }
    }
    let listed: BTreeSet<_> = rows().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(listed.len(), rows().count(), "a row stands twice");
    assert_eq!(listed, documented);
}

/// What the paths' parameters are, of our own maker.
pub struct Ours {
    batch: String,
    serial: String,
    order: String,
    range: String,
    movement: String,
    activation: String,
    missing: String,
    session: String,
    key: String,
    token: String,
    webhook: String,
    house: String,
    package: String,
    recall: String,
    list: String,
    /// A case of the first office, and a package of evidence of it.
    case: String,
    evidence: String,
    visit: String,
    picture: String,
    report: String,
    lead: String,
    block: String,
    inquiry: String,
}

impl Ours {
    pub async fn make(bed: &StaffBed) -> Self {
        let batch = bed.batch(3).await;
        let code = bed.codes(&batch).await.remove(0);
        let house = crate::packages::house(bed, None).await;
        // What is on sale is not handed over.
        let blank = crate::packages::batch(bed, 3).await;
        let order = crate::packages::ordered(bed, &blank, 3, &house).await;
        let package = crate::packages::handed_over(bed, &order).await;
        let ranges = bed.get("member", &format!("/api/v1/batches/{batch}/ranges")).await;
        let webhook = json!({"url": "https://erp.example.cn/", "events": ["order.done"]});
        let webhook = bed.made("member", "/api/v1/webhooks", &webhook).await;
        let asked = json!({"kind": "recall", "scope": [batch],
            "reason": {"zh": "标签有误", "en": "wrong label"}});
        let recall = bed.made("member", "/api/v1/recalls", &asked).await;
        let list = "/api/v1/own-imports?product=06900000001011&lot=L1&made_on=2026-11-01";
        let list = bed.program("member", Method::POST, list).body("1");
        let (_, list) = bed.send(list).await;
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let of = |what: &str| format!("/api/v1/batches/{batch}/{what}");
        let movements = bed.get("member", &of("movements")).await;
        let due = json!({"due": "2027-01-01T00:00:00Z", "first": 0, "last": 0});
        let activation = bed.made("member", &of("activations"), &due).await;
        let missing = json!({"account": "activated", "missing": "2"});
        bed.made("member", &of("closings"), &missing).await;
        let said = bed.get("member", &of("ranges")).await;
        let mut said = said.as_array().expect("a list").iter();
        let missing = said.rfind(|fact| fact["state"] == "missing").expect("it");
        let told = json!({"reference": "1", "product": OUR_GTIN, "said": "摊上的酒可疑"});
        let lead = bed.made("officer", "/api/v1/officer/leads", &told).await;
        let spare = crate::people::spare(bed).await;
        let (visit, picture) = crate::visits::begun(bed).await;
        // A case with the label, the photo and the visit, about which its maker is asked.
        let (case, inquiry) = crate::inquiries::asked_about(bed, &code, &picture).await;
        let into = [("number", &*case.number)];
        let officer = bed.person("officer").await;
        officer.post(&format!("/officer/visits/{visit}/case"), &into).await;
        let case = case.id.to_string();
        let evidence = crate::evidence::built(bed, &case).await;
        Self {
            movement: text(&movements[0]["id"]),
            activation: text(&activation["id"]),
            missing: text(&missing["id"]),
            session: spare.session,
            key: spare.key,
            token: spare.token,
            serial: zhenma::code::read(&code).expect("a code").payload.serial_text(),
            order,
            range: text(&ranges[0]["id"]),
            webhook: text(&webhook["id"]),
            house,
            package: text(&package["id"]),
            recall: text(&recall["id"]),
            list: text(&list["id"]),
            case,
            evidence: text(&evidence["id"]),
            visit,
            picture,
            report: crate::reports::placed(bed).await,
            lead: text(&lead["leads"][0]),
            inquiry: inquiry.to_string(),
            block: crate::officer_cases::blocked(bed, &batch).await.to_string(),
            batch,
        }
    }

    /// What a form has to name, so that the row is of an object that is there.
    pub fn form(&self, template: &str) -> Vec<(&'static str, &str)> {
        match template {
            "/officer/codes" => vec![("code", &self.serial)],
            of if of.ends_with("/look") => vec![("case", &self.case)],
            _ => Vec::new(),
        }
    }

    pub fn path(&self, template: &str) -> String {
        let id = match template {
            of if of.contains("/cases") => &self.case,
            of if of.contains("ranges") => &self.range,
            of if of.contains("movements") => &self.movement,
            of if of.contains("activations") => &self.activation,
            of if of.contains("closing") => &self.missing,
            of if of.contains("inquiries") => &self.inquiry,
            of if of.contains("officer/blocks") => &self.block,
            of if of.contains("recalls") => &self.recall,
            of if of.contains("visits") => &self.visit,
            of if of.contains("/own") => &self.list,
            of if of.contains("leads") => &self.lead,
            of if of.contains("sessions") => &self.session,
            of if of.contains("keys") => &self.key,
            of if of.contains("webhooks") => &self.webhook,
            of if of.contains("officer/reports") => &self.report,
            of if of.contains("packages") => &self.package,
            of if of.contains("printers") => &self.house,
            _ => &self.order,
        };
        template
            .replace("movements/file", "movements/file?kind=activate")
            .replace("/{module_um}/{filler}", &zhenma::code::proof_url("", 339)["PROOF".len()..])
            .replace("{code}", &self.serial)
            .replace("{gtin}/10/{lot}/21/{serial}", "06900000001011/10/L1/21/CAAA")
            .replace("{enterprise}", OURS)
            .replace("{gtin}", OUR_GTIN)
            .replace("{serial}", &self.serial)
            .replace("{batch}", &self.batch)
            .replace("{id}", id)
            .replace("{package}", &self.evidence)
            .replace("{login}", "spare")
            .replace("{sha256}", &self.picture)
            .replace("{token}", &self.token)
            .replace("{uscc}", OURS)
            .replace("/files/{name}", "/files/manifest.json")
            .replace("{kind}", "batches")
            .replace("enterprise/lists/{list}", "enterprise/lists/batches")
            .replace("{list}", "enterprises")
            .replace("{place}", "4116")
            .replace("{act}", "shipped")
            .replace("{position}", "1")
            .replace("{hash}", &self.picture)
            .replace("{name}", "nothing.css")
    }
}

/// What people look at; the rest is for programs and buyers.
pub const CONSOLES: [&str; 7] =
    ["/enterprise", "/officer", "/printer", "/county", "/account", "/sign-in", "/join"];

#[tokio::test]
async fn every_route_takes_in_whom_its_row_names_and_nobody_else() {
    let bed = StaffBed::start().await;
    let ours = Ours::make(&bed).await;
    for who in WHO {
        let person = bed.person(who).await;
        for (method, template, may) in rows() {
            let allowed = may.contains(letter(who));
            let path = ours.path(template);
            let verb: Method = method.to_uppercase().parse().expect("a method");
            let console = CONSOLES.iter().any(|c| template.starts_with(c));
            let at = format!("{who} {method} {path}");
            if console {
                let response = match verb {
                    Method::POST => person.post(&path, &ours.form(template)).await,
                    _ => person.ask(verb, &path).send().await.expect("an answer"),
                };
                let status = response.status().as_u16();
                let to_form =
                    status == 303 && location(&response).ends_with("/sign-in") && !leaves(&path);
                let refused = to_form
                    || matches!(status, 401 | 403)
                    || (status == 404 && template.contains('{'));
                assert_eq!(!refused, allowed, "{at}: {status}");
            } else {
                let request = bed.program(who, verb.clone(), &path);
                // Who may say something of labels hangs on what is said.
                let body = match template {
                    of if of.ends_with("/ranges") => json!({"state": "activated"}),
                    of if of.ends_with("/movements") => json!({"kind": "activate"}),
                    _ => json!({}),
                };
                let sends = verb == Method::POST || verb == Method::PUT;
                let request = if sends { request.json(&body) } else { request };
                let (status, said) = bed.send(request).await;
                let refused = matches!(status, 401 | 403) || (status == 404 && is_object(template));
                assert_eq!(!refused, allowed, "{at}: {status} {said}");
                if who == "anyone" && refused {
                    assert_eq!(status, 401, "{at}");
                }
            }
        }
    }
}

fn letter(who: &str) -> char {
    match who {
        "anyone" => 'b',
        "member" => 'w',
        "stranger" => 't',
        "administrator" => 'c',
        "supervisor" => 'u',
        "legal" => 'g',
        "auditor" => 'r',
        duty_or_role => duty_or_role.chars().next().expect("a letter"),
    }
}

/// Signing out leads to the form because it is done.
fn leaves(path: &str) -> bool {
    path.ends_with("/sign-out") || path.ends_with("/left")
}

fn is_object(template: &str) -> bool {
    template.starts_with("/api/v1/") && template.contains('{') && !template.contains("{kind}")
}
