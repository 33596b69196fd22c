//! Who asks: people by the session of a console, programs by an API key. Both
//! end in an actor of `auth`, which only the extractors here hand to a
//! handler, so that a missing check does not compile.

use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use futures::FutureExt;
use futures::future::BoxFuture;
use tower_sessions::session::Id;
use tower_sessions::{Session, SessionStore};

use crate::auth::duty::{Acting, Post};
use crate::auth::office::{Call, Serving};
use crate::auth::session::field;
use crate::auth::{Administrator, Duties, Duty, Member, Officer, Role, SignedIn, token};
use crate::base::{By, LedgerError, Origin, UnixMs};
use crate::http::client::Client;
use crate::http::console::frame;
use crate::http::desk::{Desk, DeskLedger};
use crate::http::problem::Problem;
use crate::http::services::{Identify, Unchecked};
use crate::http::session::{self, SESSION_COOKIE};
use crate::registry::Uscc;
use crate::registry::service::Scope;
use crate::web::console::{Area, Frame};

/// How long a scan waits to hear who makes it.
const LOOK_MAX: Duration = Duration::from_millis(250);
/// Characters of a session id and of an API key that are looked at.
const TOKEN_CHARACTERS_MAX: usize = 64;

/// What a role may act as.
pub trait Actor: Sized {
    fn of(who: &SignedIn) -> Option<Self>;
}

impl Actor for Administrator {
    fn of(who: &SignedIn) -> Option<Self> {
        who.administrator()
    }
}

impl Actor for Member {
    fn of(who: &SignedIn) -> Option<Self> {
        who.member()
    }
}

impl Actor for Officer {
    fn of(who: &SignedIn) -> Option<Self> {
        who.officer()
    }
}

impl<C: Call> Actor for Serving<C> {
    fn of(who: &SignedIn) -> Option<Self> {
        who.serving()
    }
}

impl<P: Post> Actor for Acting<P> {
    fn of(who: &SignedIn) -> Option<Self> {
        who.acting()
    }
}

/// A program of the county, which reaches every enterprise, or of a member with
/// whatever duty, which reads what its own has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Registrar {
    pub login: String,
    pub scope: Scope,
    duties: Option<Duties>,
}

impl Actor for Registrar {
    fn of(who: &SignedIn) -> Option<Self> {
        if let Some(Administrator { login }) = who.administrator() {
            return Some(Self { login, scope: Scope::All, duties: None });
        }
        let member = who.member()?;
        let own = Uscc::parse(&member.enterprise).ok()?;
        let duties = Some(member.duties);
        Some(Self { login: member.login, scope: Scope::One(own), duties })
    }
}

/// The same with the duty `P`, where it is a member's.
#[derive(Clone, Debug)]
pub struct With<P> {
    registrar: Registrar,
    post: PhantomData<P>,
}

impl<P: Post> Actor for With<P> {
    fn of(who: &SignedIn) -> Option<Self> {
        let may = who.administrator().is_some() || who.acting::<P>().is_some();
        let registrar = Registrar::of(who).filter(|_| may)?;
        Some(Self { registrar, post: PhantomData })
    }
}

impl<P> Deref for With<P> {
    type Target = Registrar;

    fn deref(&self) -> &Registrar {
        &self.registrar
    }
}

impl Registrar {
    /// Whether a member's duties reach; the county may do what no member may
    /// alone (`None`).
    pub fn may(&self, duty: Option<Duty>) -> bool {
        match self.duties {
            Some(duties) => duty.is_some_and(|duty| duties.allow(duty)),
            None => true,
        }
    }

    /// The enterprise to which this caller is bound.
    pub const fn own(&self) -> Option<&Uscc> {
        match &self.scope {
            Scope::All => None,
            Scope::One(own) => Some(own),
        }
    }
}

/// A program with an API key whose role is `A`.
pub struct ByKey<A> {
    pub who: A,
    pub by: By,
}

/// Whose hand the request is, now.
fn by(parts: &Parts, desk: &Desk, login: &str) -> By {
    let client = parts.extensions.get::<Client>();
    let origin = Origin::of(client.and_then(|client| client.address));
    By { login: login.to_owned(), key_by: None, origin, at: desk.clock.now() }
}

impl<A: Actor> FromRequestParts<Desk> for ByKey<A> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(Problem::unauthorized)?;
        let now = desk.clock.now();
        let holder = desk.ledger.account_by_key(&token::kept(token), now).await?;
        let holder = holder.ok_or_else(Problem::unauthorized)?;
        desk.ledger.note_key_use(&token::kept(token), now).await?;
        let who = SignedIn::of(&holder.account);
        let by = By { key_by: holder.made_by, ..by(parts, desk, &who.login) };
        A::of(&who).map(|who| Self { who, by }).ok_or_else(Problem::forbidden)
    }
}

/// An actor who has a console of its own.
pub trait ConsoleActor: Actor {
    const AREA: Area;
}

impl ConsoleActor for Member {
    const AREA: Area = Area::Enterprise;
}

impl<P: Post> ConsoleActor for Acting<P> {
    const AREA: Area = Area::Enterprise;
}

impl ConsoleActor for Officer {
    const AREA: Area = Area::Officer;
}

impl<C: Call> ConsoleActor for Serving<C> {
    const AREA: Area = Area::Officer;
}

impl ConsoleActor for Administrator {
    const AREA: Area = Area::County;
}

/// A person at the console of `A`, and the frame of the page. Whoever is not
/// signed in there is taken to the form; whose duties do not reach is told so.
pub struct AtConsole<A> {
    pub who: A,
    pub frame: Frame,
    pub by: By,
}

/// The console of a role.
pub(super) const fn area_of(role: &Role) -> Area {
    match role {
        Role::Member { .. } => Area::Enterprise,
        Role::Officer { .. } => Area::Officer,
        Role::Administrator => Area::County,
    }
}

fn frame_of(parts: &Parts, who: &SignedIn) -> Frame {
    let (name, duties) = (Some(who.name.clone()), who.role.duties());
    Frame { who: name, duties, seat: who.role.seat(), ..frame(parts, area_of(&who.role)) }
}

/// Somebody at the pages of the own account, whatever the role.
pub struct AtAccount {
    pub who: SignedIn,
    pub frame: Frame,
    pub by: By,
    /// What is kept of the session's id.
    pub session: String,
}

impl FromRequestParts<Desk> for AtAccount {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response> {
        let found = by_session(parts, desk).await.map_err(IntoResponse::into_response)?;
        let Some((who, by, session)) = found else {
            return Err(Redirect::to("/enterprise/sign-in").into_response());
        };
        let frame = frame_of(parts, &who);
        Ok(Self { who, frame, by, session })
    }
}

impl<A: ConsoleActor> FromRequestParts<Desk> for AtConsole<A> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response> {
        let found = by_session(parts, desk).await.map_err(IntoResponse::into_response)?;
        let Some((who, by, _)) = found.filter(|(who, ..)| area_of(&who.role) == A::AREA) else {
            let form = format!("{}sign-in", A::AREA.home());
            return Err(Redirect::to(&form).into_response());
        };
        let frame = frame_of(parts, &who);
        let who = A::of(&who).ok_or_else(|| Problem::not_your_duty().into_response())?;
        Ok(Self { who, frame, by })
    }
}

/// A person at a page that goes on without network. It is answered as a program is,
/// so that what was recorded stays on the phone of whoever may not send it.
pub struct AtPhone<A> {
    pub who: A,
    pub by: By,
}

impl<A: ConsoleActor> FromRequestParts<Desk> for AtPhone<A> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let (who, by, _) = by_session(parts, desk).await?.ok_or_else(Problem::signed_out)?;
        A::of(&who).map(|who| Self { who, by }).ok_or_else(Problem::forbidden)
    }
}

/// Whoever signed in with this browser. The account is looked up anew each time:
/// a disabled one is out at once.
async fn by_session(
    parts: &mut Parts,
    desk: &Desk,
) -> Result<Option<(SignedIn, By, String)>, Problem> {
    let session = Session::from_request_parts(parts, desk).await.map_err(|_| Problem::broken())?;
    let Some(login) = session::login(&session).await? else { return Ok(None) };
    let Some(who) = open_account(&*desk.ledger, &login).await? else { return Ok(None) };
    let (id, by) = (session::id(&session), by(parts, desk, &who.login));
    if let Err(error) = desk.ledger.see_session(&id, &by.origin.to_string(), by.at).await {
        tracing::warn!(%error, "the use of a session was not noted");
    }
    Ok(Some((who, by, id)))
}

async fn open_account(
    ledger: &dyn DeskLedger,
    login: &str,
) -> Result<Option<SignedIn>, LedgerError> {
    let account = ledger.account(login).await?.filter(|a| a.disabled_at.is_none());
    Ok(account.as_ref().map(SignedIn::of))
}

async fn by_token(
    ledger: &dyn DeskLedger,
    token: &str,
    now: UnixMs,
) -> Result<Option<SignedIn>, LedgerError> {
    let holder = ledger.account_by_key(&token::kept(token), now).await?;
    Ok(holder.map(|holder| SignedIn::of(&holder.account)))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let ours = token.starts_with(token::PREFIX) && token.len() <= TOKEN_CHARACTERS_MAX;
    (scheme.eq_ignore_ascii_case("bearer") && ours).then_some(token)
}

/// Tells who scans, on the way of every scan: buyers carry neither key nor
/// session, and cost no look at the ledger.
pub struct Doorkeeper<S> {
    pub sessions: S,
    pub ledger: std::sync::Arc<dyn DeskLedger>,
    pub clock: std::sync::Arc<dyn crate::base::Clock>,
}

impl<S: SessionStore> Doorkeeper<S> {
    async fn look(
        &self,
        token: Option<&str>,
        session: Option<Id>,
    ) -> Result<Option<SignedIn>, Unchecked> {
        let unchecked = |error: &dyn std::fmt::Display| {
            tracing::warn!(%error, "who scans was not looked up");
            Unchecked
        };
        let ledger = &*self.ledger;
        let known = match (token, session) {
            (Some(token), _) => by_token(ledger, token, self.clock.now()).await,
            (None, Some(id)) => {
                let record = self.sessions.load(&id).await.map_err(|e| unchecked(&e))?;
                let login = record.as_ref().and_then(|r| r.data.get(field::LOGIN)?.as_str());
                match login {
                    Some(login) => open_account(ledger, login).await,
                    None => Ok(None),
                }
            }
            (None, None) => Ok(None),
        };
        known.map_err(|e| unchecked(&e))
    }
}

impl<S: SessionStore> Identify for Doorkeeper<S> {
    fn identify<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Option<SignedIn>, Unchecked>> {
        let token = bearer(headers);
        let jar = CookieJar::from_headers(headers);
        let session = jar
            .get(SESSION_COOKIE)
            .map(|cookie| cookie.value())
            .filter(|value| value.len() <= TOKEN_CHARACTERS_MAX)
            .and_then(|value| value.parse::<Id>().ok());
        if token.is_none() && session.is_none() {
            return std::future::ready(Ok(None)).boxed();
        }
        async move {
            let looked = tokio::time::timeout(LOOK_MAX, self.look(token, session)).await;
            looked.unwrap_or(Err(Unchecked))
        }
        .boxed()
    }
}
