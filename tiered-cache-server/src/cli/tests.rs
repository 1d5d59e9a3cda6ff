use super::*;

fn ask(args: &[&str], variables: &[(&str, &str)]) -> Result<Asked> {
    let args = ["tiered-cache-server"].iter().chain(args);
    load(args.map(OsString::from), |name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        Ok(found.map(|(_, value)| (*value).to_owned()))
    })
}

fn settings(args: &[&str], variables: &[(&str, &str)]) -> Settings {
    match ask(args, variables).unwrap() {
        Asked::Run(settings) => *settings,
        Asked::Print(text) => panic!("it prints {text}"),
    }
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("settings.toml");
    let text = "threads = 1\nmaxclients = 1\n[cache.reads]\nmax_age = \"1s\"\n";
    std::fs::write(&file, text).unwrap();
    let variables = [
        ("TIERED_CACHE_MAXCLIENTS", "2"),
        ("TIERED_CACHE_READS_MAX_AGE", "2s"),
    ];
    let file = file.to_str().unwrap();
    let args = [
        "--config",
        file,
        "--reads-max-age",
        "3s",
        "--rmw",
        "local",
        "--force",
    ];
    let settings = settings(&args, &variables);
    assert_eq!((settings.threads, settings.maxclients), (1, 2));
    assert_eq!(settings.cache.reads.max_age.as_secs(), 3);
    assert_eq!(
        settings.cache.writes.read_modify_write,
        tiered_cache::ReadModifyWrite::Local
    );
    assert!(settings.force);
}

#[test]
fn every_setting_has_a_flag_and_a_meaning() {
    let leaves = leaves().unwrap();
    for (name, _) in HELP {
        assert!(leaves.iter().any(|leaf| leaf.path == [name]), "{name}");
    }
    for leaf in leaves.iter().filter(|leaf| leaf.path.len() == 1) {
        assert!(
            HELP.iter().any(|(name, _)| *name == leaf.path[0]),
            "{:?}",
            leaf.path
        );
    }
    command(&leaves).debug_assert();
}

/// Those that have no default are there, too.
#[test]
fn settings_without_a_default_have_flags_and_variables() {
    let variables = [
        ("TIERED_CACHE_REDIS_PASSWORD", "12345"),
        ("TIERED_CACHE_LOCAL_MAX_ENTRIES", "1000"),
        ("TIERED_CACHE_RMW", "local"),
    ];
    let args = [
        "--redis-username",
        "app",
        "--redis-tls-ca-file",
        "/etc/ca.pem",
        "--local-frequency-memory",
        "1 MiB",
    ];
    let settings = settings(&args, &variables);
    let redis = &settings.redis;
    assert_eq!(redis.username.as_deref(), Some("app"));
    let ca_file = redis.tls.ca_file.as_deref();
    assert_eq!(ca_file, Some(std::path::Path::new("/etc/ca.pem")));
    assert!(redis.password.is_some());
    let local = &settings.cache.local;
    assert_eq!(local.max_entries, Some(1000));
    let memory = local.frequency_memory.map(|size| size.as_u64());
    assert_eq!(memory, Some(1 << 20));
    assert_eq!(
        settings.cache.writes.read_modify_write,
        tiered_cache::ReadModifyWrite::Local
    );
    for (flag, says) in [
        ("--local-max-entries", "u64"),
        ("--local-frequency-memory", "many"),
    ] {
        let Err(error) = ask(&[flag, "many"], &[]) else {
            panic!("{flag} is taken");
        };
        let error = format!("{error:#}");
        assert!(error.contains(flag) && error.contains(says), "{error}");
    }
}

#[test]
fn what_is_printed_has_no_secrets_and_can_be_read_again() {
    let args = [
        "--remote",
        "redis://user:hidden@host:1/2",
        "--requirepass",
        "hidden",
        "--redis-password",
        "hidden",
        "--print-config",
    ];
    let Asked::Print(text) = ask(&args, &[]).unwrap() else {
        panic!("it runs");
    };
    assert!(!text.contains("hidden"), "{text}");
    assert!(text.contains("redis://***@host:1/2"), "{text}");
    toml::from_str::<Settings>(&text).unwrap();
}

#[test]
fn mistakes_are_named() {
    for (args, variables, says) in [
        (&["--threads", "many"][..], &[][..], "--threads"),
        (&[], &[("TIERED_CACHE_TIMEOUT", "soon")], "timeout"),
        (&["--flush-lanes", "0"], &[], "flush.lanes"),
        (&["--config", "/nowhere/at/all"], &[], "/nowhere/at/all"),
        (&["--unheard-of"], &[], "--unheard-of"),
    ] {
        let Err(error) = ask(args, variables) else {
            panic!("{args:?} is taken");
        };
        let error = format!("{error:#}");
        assert!(error.contains(says), "{args:?}: {error}");
    }
}
