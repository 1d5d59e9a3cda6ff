//! Settings that have to go through a typed option, or through none. Each was seen, or is known,
//! to load native code, take back what a type promises, or harm the database.

use super::Method::{self, BeginTransaction, Create, Open, OpenSession, Reconfigure};

/// Words that stand in no setting, at whatever depth, and why.
pub(super) const REFUSED_ANYWHERE: &[(&str, &str)] = &[(
    "table_logging",
    "the engine would prepare transactions of logged tables and read through a null pointer",
)];

#[rustfmt::skip]
pub(super) const REFUSED: &[(Method, &str, &str)] = &[
    (Open, "extensions", "it loads native code, which safe code must not do by a string"),
    (Open, "use_environment", "the environment is never trusted with the settings"),
    (Open, "use_environment_priv", "the environment is never trusted with the settings"),
    (Open, "in_memory", "use ConnectionOptions::in_memory"),
    (Open, "readonly", "use ConnectionOptions::read_only"),
    (Open, "salvage", "use ConnectionOptions::salvage"),
    (Open, "transaction_sync", "use ConnectionOptions::durability"),
    (Open, "log", "use ConnectionOptions::log and durability"),
    (Open, "checkpoint", "use ConnectionOptions::checkpoint"),
    (Open, "session_max", "use ConnectionOptions::session_max"),
    (Open, "backup_restore_target", "restoring parts of a backup has no face yet"),
    (Open, "compile_configuration_count", "the engine writes past its memory for large numbers"),
    (Open, "history_store", "the engine panics at the limit that this sets"),
    (Open, "extra_diagnostics", "the checks abort the process"),
    (Reconfigure, "extra_diagnostics", "the checks abort the process"),
    (Reconfigure, "checkpoint", "use ReconfigureOptions::checkpoint"),
    (Reconfigure, "history_store", "the engine panics at the limit that this sets"),
    (OpenSession, "debug", "it makes the engine abort the process"),
    (Create, "key_format", "the types of the table say it"),
    (Create, "value_format", "the types of the table say it"),
    (Create, "columns", "use TableOptions::columns"),
    (Create, "colgroups", "use TableOptions::column_group"),
    (Create, "type", "tables are B-trees"),
    (Create, "source", "a table's file is named by the table"),
    (Create, "import", "importing files is not a table option"),
    (Create, "dictionary", "the engine reserves memory for large numbers and aborts without it"),
    (Create, "log", "use TableOptions::logged"),
    (BeginTransaction, "sync", "use TransactionOptions::durability"),
];
