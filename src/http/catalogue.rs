//! Every metric that a process of ours exports, with what is said of it. One that
//! counts stands at 0 from the start, since a rate needs a value to begin with.
//! `guide/watching.md` has the same list for people; a test compares the two.

use metrics::{Label, Unit};

use crate::scan::Outcome;
use crate::scan::service::RecordState;

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Serve,
    Worker,
    Courier,
    /// All of it, as the demonstration.
    All,
}

impl Role {
    fn is(self, other: Self) -> bool {
        self == Self::All || other == Self::All || self == other
    }
}

/// A counter, by the values of its one label, if it has one.
type Counter = (Role, &'static str, &'static str, Option<(&'static str, &'static [&'static str])>);

const BOUNDS: &[&str] = &[
    "pressure",
    "rate",
    "own_misses",
    "requests_in_work",
    "request_s",
    "sign_in",
    "code",
    "report_rate",
    "report_photo_bytes",
    "reports_of_code",
    "reports_of_device",
    "reports_waiting",
    "officer_photo_bytes",
    "files_of_one",
];

const COUNTERS: &[Counter] = &[
    (Role::Serve, "zhenma_http_shed_total", "Requests refused, by bound.", Some(("bound", BOUNDS))),
    (Role::Serve, "zhenma_reports_total", "Reports of buyers taken.", None),
    (
        Role::Serve,
        "zhenma_line_scans_total",
        "Labels read on lines, by what was told.",
        Some(("outcome", &["taken", "opened", "packed", "reset", "refused", "repeated"])),
    ),
    (
        Role::Serve,
        "zhenma_field_records_total",
        "Records of officers on the spot, by what became of them.",
        Some(("state", &["accepted", "overtaken", "repeated", "refused"])),
    ),
    (
        Role::Worker,
        "zhenma_scans_followed_total",
        "Scans followed from the log to the ledger.",
        None,
    ),
    (
        Role::Worker,
        "zhenma_scan_logs_begun_again_total",
        "Logs that are not the ones followed before: the store lost scans.",
        None,
    ),
    (Role::Worker, "zhenma_histories_unreadable_total", "Histories that could not be read.", None),
    (
        Role::Worker,
        "zhenma_flags_raised_total",
        "Flags opened, or raised again by further scans.",
        None,
    ),
    (Role::Worker, "zhenma_lead_marks_total", "Flags that were looked at for leads.", None),
    (Role::Worker, "zhenma_scans_thinned_total", "Scans that lost what tells of a person.", None),
    (
        Role::Courier,
        "zhenma_webhook_attempts_total",
        "Attempts to deliver, by outcome.",
        Some(("outcome", &["delivered"])),
    ),
];

/// Describes the metrics of a role and lets its counters stand at 0.
pub fn announce(role: Role) {
    for (_, name, says, label) in COUNTERS.iter().filter(|(of, ..)| role.is(*of)) {
        metrics::describe_counter!(*name, *says);
        match label {
            None => metrics::counter!(*name).increment(0),
            Some((label, values)) => {
                for value in *values {
                    metrics::counter!(*name, *label => *value).increment(0);
                }
            }
        }
    }
    if role.is(Role::Serve) {
        announce_scans();
    }
    if role != Role::Courier {
        describe_stores();
    }
    describe_gauges();
}

fn announce_scans() {
    metrics::describe_counter!(
        "zhenma_http_requests_total",
        "Requests answered, by route, method and status."
    );
    metrics::describe_histogram!(
        "zhenma_http_request_seconds",
        Unit::Seconds,
        "Time from request to answer, by route."
    );
    metrics::describe_counter!(
        "zhenma_verdicts_total",
        "Verdicts given, by outcome and whether the scan was recorded."
    );
    for outcome in Outcome::ALL {
        use RecordState::{Failed, NotAsked, Recorded, Repeated};
        for recorded in [Recorded, Repeated, NotAsked, Failed] {
            let labels = vec![
                Label::from_static_parts("outcome", outcome.slug()),
                Label::from_static_parts("recorded", recorded.slug()),
            ];
            metrics::counter!("zhenma_verdicts_total", labels).increment(0);
        }
    }
    metrics::describe_histogram!(
        "zhenma_scan_batch_scans",
        Unit::Count,
        "Scans that went to the scan store together."
    );
    metrics::describe_gauge!(
        "zhenma_scan_queue_scans",
        Unit::Count,
        "Scans that waited for the scan store when the last batch left."
    );
    metrics::gauge!("zhenma_scan_queue_scans").set(0);
}

fn describe_stores() {
    metrics::describe_histogram!(
        "zhenma_store_call_seconds",
        Unit::Seconds,
        "Time of a call to a store, by store and call."
    );
    metrics::describe_counter!(
        "zhenma_store_errors_total",
        "Calls that a store did not answer, by store, call and reason."
    );
    for (store, call, reason) in [
        ("scans", "record", "unavailable"),
        ("scans", "record", "log_full"),
        ("scans", "peek", "unavailable"),
        ("ledger", "renew", "unavailable"),
    ] {
        metrics::counter!("zhenma_store_errors_total", "store" => store, "call" => call,
            "reason" => reason)
        .increment(0);
    }
}

const GAUGES: &[(&str, &str)] = &[
    ("zhenma_build_info", "1, by version and role."),
    ("zhenma_register_fresh", "1 while keys, register, policies and evidence can be renewed."),
    ("zhenma_register_renewed_timestamp_seconds", "When they were last renewed, Unix time."),
    ("zhenma_scan_store_reachable", "1 while the scan store answers."),
    ("zhenma_scan_store_synced", "1 while every scan is on a disk before it is answered."),
    ("zhenma_scan_store_memory_bytes", "Memory that the scan store takes (Redis)."),
    ("zhenma_scan_store_memory_max_bytes", "Memory that it may take (Redis); 0 without a bound."),
    ("zhenma_scan_log_entries", "Scans that nobody has followed yet."),
    ("zhenma_scan_log_fill_ratio", "Of the fullest shard of the log; at 1 scans are refused."),
    ("zhenma_scan_unfollowed_age_seconds", "Age of the oldest scan that nobody has followed."),
    ("zhenma_clock_skew_seconds", "How far our clock is ahead of another, by which one."),
    ("zhenma_backup_timestamp_seconds", "When the latest backup was taken, Unix time; 0 without."),
    ("zhenma_data_free_bytes", "Free on the disk of ZHENMA_DATA."),
    ("zhenma_data_size_bytes", "Size of that disk."),
    ("zhenma_keys", "Keys of labels, by status."),
    ("zhenma_key_expiry_timestamp_seconds", "When the first active key ends, by kind, Unix time."),
];

fn describe_gauges() {
    for (name, says) in GAUGES {
        metrics::describe_gauge!(*name, *says);
    }
}
