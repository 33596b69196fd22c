//! What consoles and the enterprise API work with, beside the services that
//! every handler has.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::auth::api_key::KeyLedger;
use crate::auth::office::OfficeLedger;
use crate::auth::people::PeopleLedger;
use crate::auth::port::TrailLedger;
use crate::auth::session::SessionLedger;
use crate::cases::CaseLedger;
use crate::cases::block::BlockLedger;
use crate::cases::inquiry::InquiryLedger;
use crate::cases::port::FileLedger;
use crate::dossier::port::DossierLedger;
use crate::evidence::port::EvidenceLedger;
use crate::exports::ExportLedger;
use crate::figures::port::FigureLedger;
use crate::handoff::port::HandoffLedger;
use crate::hooks::port::HookLedger;
use crate::http::Services;
use crate::http::exports::EXPORTS_IN_WORK_MAX;
use crate::http::figures::Counted;
use crate::http::sign_ins::SignIns;
use crate::http::turns::Turns;
use crate::kit::KitLedger;
use crate::leads::port::LeadLedger;
use crate::lists::ListLedger;
use crate::media::MediaLedger;
use crate::overview::OverviewLedger;
use crate::recall::port::RecallLedger;
use crate::registry::movement::port::MovementLedger;
use crate::registry::own::port::OwnLedger;
use crate::registry::port::{OrderLedger, RegistryLedger};
use crate::registry::service::renew;
use crate::reports::ReportLedger;
use crate::scan::ledger::{AcrossLedger, ScanLedger};
use crate::scan::policies::{self, PolicyLedger};
use crate::trace::port::TraceLedger;
use crate::visits::port::VisitLedger;

/// Every port of the ledger.
pub trait DeskLedger:
    RegistryLedger
    + MovementLedger
    + OrderLedger
    + ScanLedger
    + AcrossLedger
    + CaseLedger
    + FileLedger
    + EvidenceLedger
    + BlockLedger
    + InquiryLedger
    + DossierLedger
    + FigureLedger
    + KeyLedger
    + PeopleLedger
    + OfficeLedger
    + SessionLedger
    + TrailLedger
    + PolicyLedger
    + HookLedger
    + ExportLedger
    + HandoffLedger
    + TraceLedger
    + RecallLedger
    + OverviewLedger
    + OwnLedger
    + ListLedger
    + LeadLedger
    + MediaLedger
    + ReportLedger
    + KitLedger
    + VisitLedger
{
}

impl<T> DeskLedger for T where
    T: RegistryLedger
        + MovementLedger
        + OrderLedger
        + ScanLedger
        + AcrossLedger
        + CaseLedger
        + FileLedger
        + EvidenceLedger
        + BlockLedger
        + InquiryLedger
        + DossierLedger
        + FigureLedger
        + KeyLedger
        + PeopleLedger
        + OfficeLedger
        + SessionLedger
        + TrailLedger
        + PolicyLedger
        + HookLedger
        + ExportLedger
        + HandoffLedger
        + TraceLedger
        + RecallLedger
        + OverviewLedger
        + OwnLedger
        + ListLedger
        + LeadLedger
        + MediaLedger
        + ReportLedger
        + KitLedger
        + VisitLedger
{
}

#[derive(Clone)]
pub struct Desk {
    pub services: Arc<Services>,
    pub ledger: Arc<dyn DeskLedger>,
    pub(super) sign_ins: Arc<SignIns>,
    /// Places of exports.
    pub(super) exports: Arc<Semaphore>,
    pub(super) turns: Arc<Turns>,
    /// What everybody may read of how well this works.
    pub(super) counted: Arc<Counted>,
}

impl Desk {
    pub fn new(services: Services, ledger: Arc<dyn DeskLedger>) -> Self {
        let exports = Arc::new(Semaphore::new(EXPORTS_IN_WORK_MAX));
        Self {
            services: Arc::new(services),
            ledger,
            sign_ins: Arc::default(),
            exports,
            turns: Arc::default(),
            counted: Arc::default(),
        }
    }
}

impl Desk {
    /// The day that it is where the installation stands.
    pub(super) fn today(&self) -> jiff::civil::Date {
        let now = jiff::Timestamp::from_millisecond(self.clock.now().0).unwrap_or_default();
        now.to_zoned_datetime(self.zone.clone()).date()
    }

    /// Makes what was just written show on the page that follows. Where it
    /// cannot, register and policies are renewed a moment later all the same.
    pub(super) async fn show_changes(&self) {
        if let Err(error) = renew(&*self.ledger, &self.scanner.register, self.clock.now()).await {
            tracing::warn!(%error, "the register was not renewed at once");
        }
        if let Err(error) = policies::renew(&*self.ledger, &self.scanner.policies, false).await {
            tracing::warn!(%error, "the policies were not renewed at once");
        }
    }
}

impl Deref for Desk {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}
