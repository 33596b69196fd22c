//! `POST /officer/leads`: what an officer does with leads, with one or with many.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::lead::one;
use super::leads::{AskedLeads, Told, address, list};
use crate::auth::office::{Serving, Working};
use crate::base::{FieldError, LedgerError};
use crate::http::access::AtConsole;
use crate::http::address::Query;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::leads::desk::{AT_ONCE_MAX, Asked, Deed, Typed, Wanted};

/// What is done, and to which leads.
#[derive(Default, Deserialize, ToSchema)]
pub struct Done {
    /// assign, due, snooze, wake, close or reopen
    #[serde(default)]
    deed: String,
    /// Login; empty: nobody's
    #[serde(default)]
    assignee: String,
    /// Such as 2026-12-01; empty: as it is
    #[serde(default)]
    due_on: String,
    /// Such as 2026-12-01
    #[serde(default)]
    until: String,
    #[serde(default)]
    grounds: String,
    /// The list's address, for the way back
    #[serde(default)]
    back: String,
    /// Not empty: from the page of a lead
    #[serde(default)]
    one: String,
    /// `lead-ID`, a field each
    #[serde(flatten)]
    #[schema(ignore)]
    leads: BTreeMap<String, String>,
}

/// Assigns leads, sets when they are due, lets them rest, closes or opens them.
#[utoipa::path(
    post,
    path = "/officer/leads",
    tag = "officer console",
    request_body(content = Done, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the list, or to the lead"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this seat's to do"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such lead"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn act(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Posted(done): Posted<Done>,
) -> Result<Response, Problem> {
    let ids: Vec<Uuid> = done
        .leads
        .keys()
        .filter_map(|name| name.strip_prefix("lead-")?.parse().ok())
        .take(AT_ONCE_MAX + 1)
        .collect();
    let typed = Typed {
        deed: done.deed,
        assignee: done.assignee,
        due_on: done.due_on,
        until: done.until,
        grounds: done.grounds,
    };
    let today = desk.today();
    let did = match deed(&typed, &ids, today) {
        Ok(deed) => match desk.ledger.act_on_leads(&ids, &deed, today, &by).await {
            Err(LedgerError::Invalid(mut faults)) if !faults.is_empty() => Err(faults.remove(0)),
            done => done.map(drop).map(Ok)?,
        },
        Err(fault) => Err(fault),
    };
    let single = ids.first().filter(|_| !done.one.is_empty());
    let asked = asked(&done.back);
    let wanted = Wanted::read(&asked, &who.login, today);
    match (did, single) {
        (Ok(()), Some(id)) => Ok(Redirect::to(&format!("/officer/leads/{id}")).into_response()),
        (Ok(()), None) => {
            let wanted = wanted.unwrap_or_else(|_| Wanted::todo(&who.login, today));
            let path = format!("/officer/?{}", address(&wanted, wanted.after.as_ref()));
            Ok(Redirect::to(&path).into_response())
        }
        (Err(fault), Some(id)) => one(&desk, (&who, &by), frame, *id, (&typed, Some(&fault))).await,
        (Err(fault), None) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let told = Told { wanted, deed: typed, fault: Some(fault), status, ..Told::default() };
            list(&desk, &who, frame, told).await
        }
    }
}

fn deed(typed: &Typed, ids: &[Uuid], today: jiff::civil::Date) -> Result<Deed, FieldError> {
    if ids.is_empty() || ids.len() > AT_ONCE_MAX {
        let remedy = format!("choose 1 to {AT_ONCE_MAX} of the list");
        return Err(FieldError::new("leads", "are none, or too many", remedy));
    }
    Deed::read(typed, today)
}

/// The way back as the list's own form wrote it; what is not read is not gone to.
fn asked(back: &str) -> Asked {
    let address = format!("/?{back}").parse::<Uri>().ok();
    let asked = address.and_then(|address| Query::<AskedLeads>::of(&address).ok());
    asked.map_or_else(Asked::default, |Query(asked)| asked.into())
}
