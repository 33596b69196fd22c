//! `/officer/field/kit`: the offline kit of a phone.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::check::region_of;
use crate::auth::office::{Serving, Working};
use crate::http::access::AtConsole;
use crate::http::address::Query;
use crate::http::desk::Desk;
use crate::http::problem::Problem;

/// The kit that a phone has.
#[derive(Deserialize, IntoParams)]
pub struct Having {
    /// Its version; 0: none
    #[serde(default)]
    have: i64,
}

/// The latest kit, as far as the phone lacks it.
#[derive(Default, Serialize, ToSchema)]
pub struct Sent {
    /// JWS (RFC 7515, RFC 8037) of the manifest, signed by the office's key;
    /// null while there is no kit
    manifest: Option<String>,
    /// Parts that the kit of version `have` does not hold, by name; each is a
    /// JSON text whose SHA-256 the manifest gives
    parts: BTreeMap<String, String>,
}

/// What a phone needs to answer without network. It holds for 72 hours.
#[utoipa::path(
    get,
    path = "/officer/field/kit",
    tag = "officer console",
    params(Having),
    responses(
        (status = 200, body = Sent, description = "The manifest, and parts that are new"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn kit(
    State(desk): State<Desk>,
    AtConsole { who, .. }: AtConsole<Serving<Working>>,
    Query(Having { have }): Query<Having>,
) -> Result<Json<Sent>, Problem> {
    let province = region_of(&desk, &who).await? / 100;
    let Some(kit) = desk.ledger.kit_since(have, province).await? else {
        return Ok(Json(Sent::default()));
    };
    let parts = kit.parts.into_iter().map(|part| (part.name, part.text)).collect();
    Ok(Json(Sent { manifest: Some(kit.manifest), parts }))
}
