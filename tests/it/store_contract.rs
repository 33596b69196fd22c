//! One suite for every backend of the scan state: each promise of
//! `scan::port` is tried on each of them.

pub mod bed;
mod promises;

/// A test per promise and backend.
macro_rules! contract {
    ($backend:ident: $($promise:ident),+ $(,)?) => {
        mod $backend {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    use super::{bed, promises};
                    if let Some(bed) = bed::$backend(promises::BOUNDS).await {
                        promises::$promise(&bed).await;
                    }
                }
            )+
        }
    };
}

macro_rules! contract_on {
    ($($backend:ident),+ $(,)?) => {
        $(contract!($backend:
            a_code_never_scanned_has_an_empty_history,
            scans_of_one_code_at_one_instant_are_ordered,
            the_same_scan_again_adds_nothing_and_keeps_its_place,
            the_same_scan_at_the_same_instant_counts_once,
            a_repeat_is_known_until_64_others_came,
            histories_equal_those_folded_in_memory,
            a_recorded_stream_has_the_verdicts_of_replay,
            the_log_has_every_scan_once_and_in_order,
            trim_forgets_only_what_was_followed,
            a_full_log_refuses_new_scans_and_never_a_repeat,
            a_call_that_failed_is_safe_to_make_again,
            acknowledged_scans_are_there_when_opened_again,
            a_log_keeps_its_identity_until_it_is_renewed_once,
            the_newest_position_outlives_a_trim,
            another_process_follows_and_trims,
            looks_at_many_are_the_looks_at_each,
            durability_is_said_in_words,
        );)+
    };
}

contract_on!(embedded, redis_single, redis_cluster);
