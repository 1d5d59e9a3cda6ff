//! What the crate promises, one behaviour a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests say what they expect in one word"
)]

mod common;

mod access_example;
mod backups;
mod callbacks;
mod callbacks_that_lie;
mod checkpoint_names;
mod checkpoints_are_read;
mod closing;
mod column_stores;
mod columns;
mod cursor_positions;
mod cursors_do_more;
mod drop_order;
mod dumps;
mod dumps_refused;
mod duplicate_cursors;
mod durability_changes;
mod dynamic_tables;
mod empty_and_oversized_keys;
mod encryption_of_ones_own;
mod environment_is_not_trusted;
mod errors_say_what_happened;
mod example_programs;
mod failed_search_leaves_no_dangling_key;
mod forgotten_guards;
mod forked_child;
mod full_disk;
mod hostile_settings;
mod hostile_table_names;
mod index_bounds;
mod indexes_follow_their_table;
mod insert_new;
mod isolation;
mod joins;
mod log_settings;
mod model;
mod options_reach_the_engine;
mod panicking_subscriber;
mod ported_examples;
mod prepared_transactions;
mod ranges;
mod round_trip;
mod run_retries;
mod same_home_twice;
mod session_pool;
mod simulated_conflicts;
mod snapshots;
mod space;
mod survives_kill;
mod tables_as_a_whole;
mod text_is_changed_in_part;
mod timestamps;
mod type_mismatch;
mod types_of_the_user;
mod values_stay_while_others_write;
mod what_the_engine_tells;
mod work_after_a_rollback_error;
