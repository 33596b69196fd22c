//! `/enterprise/places`: sites, dealers, stations, and settings for goods.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use crate::auth::duty::{Acting, Owning, Selling};
use crate::auth::{Duty, Member};
use crate::base::{FieldError, Lang};
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::{page, regions};
use crate::http::desk::Desk;
use crate::http::lists::{Asked, shown, status_of};
use crate::http::problem::Problem;
use crate::lists::{List, Within};
use crate::registry::{Bilingual, Uscc};
use crate::trace::place::{Customs, PlaceKind, Site};
use crate::trace::rules::{CASE_BOTTLES_MAX, PALLET_CASES_MAX};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::trace::{PlacesPage, place_kind};

/// A place as it is typed.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct TypedPlace {
    #[serde(default)]
    code: String,
    /// site, dealer or station
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name_zh: String,
    #[serde(default)]
    name_en: String,
    /// 13 digits, or nothing
    #[serde(default)]
    gln: String,
    /// GB/T 2260, four digits; 0: not said
    #[serde(default)]
    region: String,
}

/// Settings as they are typed.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct TypedCustoms {
    #[serde(default)]
    case_size: String,
    #[serde(default)]
    pallet_size: String,
    /// 1: buyers read the names of dealers
    #[serde(default)]
    name_dealers: String,
    /// 1: bottles go on sale when a line packs them
    #[serde(default)]
    activates: String,
}

/// Places of the enterprise.
#[utoipa::path(
    get,
    path = "/enterprise/places",
    tag = "enterprise console",
    params(
        ("q" = Option<String>, Query, description = "Part of a text of a row"),
        ("sort" = Option<String>, Query, description = "A column that sorts; downwards with - before it"),
        ("after" = Option<String>, Query, description = "Behind which row, from the page before"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what cannot be read"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let (own, Query(asked)) = (own(&who)?, asked.unwrap_or_default());
    let typed = (TypedPlace::default(), typed(desk.ledger.customs(&own).await?));
    places_page(&desk, frame, &own, typed, &[], &asked).await
}

/// Registers a place, or changes it.
#[utoipa::path(
    post,
    path = "/enterprise/places",
    tag = "enterprise console",
    request_body(content = TypedPlace, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn put(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Selling>>,
    Posted(place): Posted<TypedPlace>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let site = read(&place);
    match site.and_then(|site| site.check().map(|()| site)) {
        Ok(site) => {
            desk.ledger.put_site(&own, &site, &by).await?;
            Ok(Redirect::to("/enterprise/places").into_response())
        }
        Err(faults) => {
            let customs = typed(desk.ledger.customs(&own).await?);
            places_page(&desk, frame, &own, (place, customs), &faults, &Asked::default()).await
        }
    }
}

/// Sets how many belong in a case and on a pallet, and what buyers read.
#[utoipa::path(
    post,
    path = "/enterprise/places/customs",
    tag = "enterprise console",
    request_body(content = TypedCustoms, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn set(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Posted(sent): Posted<TypedCustoms>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let size = |field: &str, text: &str, max: usize| {
        let text = if text.trim().is_empty() { "0" } else { text.trim() };
        let remedy = format!("write 0 to {max}");
        let fault = || FieldError::new(field, "cannot be", remedy.clone());
        text.parse::<usize>().ok().filter(|n| *n <= max).ok_or_else(fault)
    };
    let case = size("case_size", &sent.case_size, CASE_BOTTLES_MAX);
    let pallet = size("pallet_size", &sent.pallet_size, PALLET_CASES_MAX);
    match (case, pallet) {
        (Ok(case_size), Ok(pallet_size)) => {
            let name_dealers = !sent.name_dealers.is_empty();
            let activates = !sent.activates.is_empty();
            let customs = Customs { name_dealers, case_size, pallet_size, activates };
            desk.ledger.set_customs(&own, &customs, &by).await?;
            desk.show_changes().await;
            Ok(Redirect::to("/enterprise/places").into_response())
        }
        (case, pallet) => {
            let faults: Vec<_> = [case.err(), pallet.err()].into_iter().flatten().collect();
            let typed = (TypedPlace::default(), sent);
            places_page(&desk, frame, &own, typed, &faults, &Asked::default()).await
        }
    }
}

fn typed(customs: Customs) -> TypedCustoms {
    TypedCustoms {
        case_size: customs.case_size.to_string(),
        pallet_size: customs.pallet_size.to_string(),
        name_dealers: if customs.name_dealers { "1" } else { "" }.to_owned(),
        activates: if customs.activates { "1" } else { "" }.to_owned(),
    }
}

fn read(place: &TypedPlace) -> Result<Site, Vec<FieldError>> {
    let fault =
        |field: &str| vec![FieldError::new(field, "is not known", "choose one of the list")];
    let text = |text: &String| text.trim().to_owned();
    Ok(Site {
        code: text(&place.code),
        kind: PlaceKind::from_slug(&place.kind).ok_or_else(|| fault("kind"))?,
        name: Bilingual { zh: text(&place.name_zh), en: text(&place.name_en) },
        gln: Some(text(&place.gln)).filter(|gln| !gln.is_empty()),
        region: match place.region.as_str() {
            "" => 0,
            code => code.parse().map_err(|_| fault("region"))?,
        },
    })
}

fn said(fault: &FieldError, lang: Lang) -> String {
    let zh = match fault.field.as_str() {
        "code" => "请填1至24个字母、数字、- 或 _",
        "gln" => "GLN是13位数字，最后一位是校验码；没有就留空",
        "name_zh" | "name_en" => "请填1至80个字，不能有控制字符，也不能以 = + - @ 开头",
        "case_size" => "请填0至100之间的整数",
        "pallet_size" => "请填0至300之间的整数",
        _ => "请从列表中选择",
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => fault.sentence(),
    }
}

async fn places_page(
    desk: &Desk,
    f: Frame,
    own: &Uscc,
    (place, customs): (TypedPlace, TypedCustoms),
    faults: &[FieldError],
    asked: &Asked,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let error = |field: &str| faults.iter().find(|e| e.field == field).map(|e| said(e, lang));
    let typed = |field: &str, value: &String| Typed { value: value.clone(), error: error(field) };
    let within = Within::Enterprise(own.clone());
    let list = shown(desk, &within, List::Places, asked, ("/enterprise/places", &f)).await?;
    let status = status_of(&list, faults);
    let view = PlacesPage {
        list,
        may_change: f.duties.allow(Duty::Sales),
        code: typed("code", &place.code),
        kinds: PlaceKind::ALL
            .into_iter()
            .map(|kind| Choice {
                value: kind.slug().to_owned(),
                text: place_kind(kind).of(lang).to_owned(),
                chosen: kind.slug() == place.kind,
            })
            .collect(),
        kind_error: error("kind"),
        name_zh: typed("name_zh", &place.name_zh),
        name_en: typed("name_en", &place.name_en),
        gln: typed("gln", &place.gln),
        regions: regions(&place.region, &f),
        region_error: error("region"),
        owns: f.duties.allow(Duty::Owner),
        name_dealers: !customs.name_dealers.is_empty(),
        activates: !customs.activates.is_empty(),
        case_size: typed("case_size", &customs.case_size),
        pallet_size: typed("pallet_size", &customs.pallet_size),
        f,
    };
    page(&view, lang, status)
}
