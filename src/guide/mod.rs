//! Pages that cut across the modules.

#[doc = include_str!("architecture.md")]
pub mod architecture {}
#[doc = include_str!("capacity.md")]
pub mod capacity {}
#[doc = include_str!("detection.md")]
pub mod detection {}
#[doc = include_str!("detection-measured.md")]
pub mod detection_measured {}
#[doc = include_str!("attacks.md")]
pub mod attacks {}
#[doc = include_str!("enterprises.md")]
pub mod enterprises {}
#[doc = include_str!("evidence.md")]
pub mod evidence {}
#[doc = include_str!("glossary.md")]
pub mod glossary {}
#[doc = include_str!("http.md")]
pub mod http {}
#[doc = include_str!("officers.md")]
pub mod officers {}
#[doc = include_str!("privacy.md")]
pub mod privacy {}
#[doc = include_str!("reading.md")]
pub mod reading {}
#[doc = include_str!("release.md")]
pub mod release {}
#[doc = include_str!("traceability.md")]
pub mod traceability {}
#[doc = include_str!("threats.md")]
pub mod threats {}
#[doc = include_str!("verdicts.md")]
pub mod verdicts {}
#[doc = include_str!("visits.md")]
pub mod visits {}
#[doc = include_str!("watching.md")]
pub mod watching {}
#[doc = include_str!("webhooks.md")]
pub mod webhooks {}
#[doc = include_str!("../../deploy/README.md")]
pub mod deploying {}
#[doc = include_str!("../../deploy/NIGHT.md")]
pub mod nights {}
#[doc = include_str!("labels.md")]
pub mod labels {}

#[doc = include_str!("../../tests/README.md")]
pub mod testing {}

/// Decisions and their reasons, one page each.
pub mod adr {
    #[doc = include_str!("adr/0001-one-record-layout-for-every-store.md")]
    pub mod one_record_layout {}
    #[doc = include_str!("adr/0002-neighbours-share-a-hash-in-redis.md")]
    pub mod neighbours_share_a_hash {}
    #[doc = include_str!("adr/0003-natural-keys-in-the-register.md")]
    pub mod natural_keys {}
    #[doc = include_str!("adr/0004-witnesses-by-episode.md")]
    pub mod witnesses_by_episode {}
    #[doc = include_str!("adr/0005-development-keys-are-known-by-value.md")]
    pub mod development_keys {}
    #[doc = include_str!("adr/0006-answers-are-packed-by-a-kept-packer.md")]
    pub mod kept_packer {}
    #[doc = include_str!("adr/0007-signatures-are-checked-together-under-load.md")]
    pub mod signatures_together {}
    #[doc = include_str!("adr/0008-labels-are-templates-on-whole-dots.md")]
    pub mod labels_on_whole_dots {}
    #[doc = include_str!("adr/0009-a-picture-that-goes-round-is-one-episode.md")]
    pub mod picture_one_episode {}
    #[doc = include_str!("adr/0010-trees-over-named-measures.md")]
    pub mod trees_over_measures {}
    #[doc = include_str!("adr/0011-a-flag-stays-until-it-is-decided.md")]
    pub mod flag_stays {}
    #[doc = include_str!("adr/0012-a-policy-is-signed-off.md")]
    pub mod policy_signed_off {}
    #[doc = include_str!("adr/0013-a-farm-of-phones-accuses-nobody.md")]
    pub mod farm_accuses_nobody {}
    #[doc = include_str!("adr/0014-spares-carry-the-planted-codes.md")]
    pub mod spares_carry_planted_codes {}
    #[doc = include_str!("adr/0015-labels-are-kept-in-double-entry.md")]
    pub mod double_entry {}
    #[doc = include_str!("adr/0016-duties-and-one-audit-chain.md")]
    pub mod duties_and_audit {}
    #[doc = include_str!("adr/0018-a-browser-that-is-known-passes-the-crowd.md")]
    pub mod known_browser {}
    #[doc = include_str!("adr/0019-a-courier-without-keys.md")]
    pub mod courier_without_keys {}
    #[doc = include_str!("adr/0020-own-serials-are-judged-and-never-vouched-for.md")]
    pub mod own_serials_never_vouched_for {}
    #[doc = include_str!("adr/0021-a-second-person-is-not-a-key.md")]
    pub mod second_person {}
    #[doc = include_str!("adr/0023-a-page-that-opens-without-network.md")]
    pub mod opens_without_network {}
    #[doc = include_str!("adr/0024-a-case-is-its-entries.md")]
    pub mod a_case_is_its_entries {}
    #[doc = include_str!("adr/0026-a-container-in-which-nothing-is-free.md")]
    pub mod nothing_is_free {}
    #[doc = include_str!("adr/0027-a-phone-answers-for-72-hours.md")]
    pub mod a_phone_answers {}
    #[doc = include_str!("adr/0028-a-report-is-bound-to-a-scan.md")]
    pub mod report_bound_to_a_scan {}
    #[doc = include_str!("adr/0030-a-record-is-taken-as-it-was-made.md")]
    pub mod record_as_it_was_made {}
    #[doc = include_str!("adr/0025-leads-are-ranked-by-four-factors.md")]
    pub mod leads_by_four_factors {}
    #[doc = include_str!("adr/0029-officers-have-seats-in-offices.md")]
    pub mod officers_have_seats {}
    #[doc = include_str!("adr/0031-a-scan-stands-outside-of-the-layers.md")]
    pub mod scan_outside_of_the_layers {}
    #[doc = include_str!("adr/0032-one-call-a-batch.md")]
    pub mod one_call_a_batch {}
    #[doc = include_str!("adr/0034-traces-go-to-a-collector-near-by.md")]
    pub mod traces_near_by {}
}
