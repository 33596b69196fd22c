//! Settings from file and environment, and what is wrong with them.

use super::*;

fn with(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    Settings::from_sources(None, |name| {
        let found = pairs.iter().find(|(n, _)| *n == name);
        found.map(|(_, v)| (*v).to_owned()).ok_or(VarError::NotPresent)
    })
}

#[test]
fn the_environment_overrides_defaults() {
    let settings = with(&[
        ("ZHENMA_LISTEN", "127.0.0.1:9"),
        ("ZHENMA_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("ZHENMA_PUBLIC_URL", "https://ID.Example.CN"),
        ("ZHENMA_GEO_DATABASE", "v4.xdb,v6.xdb"),
        ("ZHENMA_SCAN_RETENTION_DAYS", "730"),
    ])
    .expect("good settings");
    assert_eq!(settings.geo_database, [Path::new("v4.xdb"), Path::new("v6.xdb")]);
    assert_eq!((settings.listen.port(), settings.scan_retention_days), (9, 730));
    assert!(settings.trusted_proxies[0].contains([10, 200, 0, 1].into()));
    assert!(!settings.trusted_proxies[0].contains([11, 0, 0, 1].into()));
    assert!(settings.trusted_proxies[1].contains("::1".parse().expect("address")));
    assert_eq!(settings.hosts(), ["id.example.cn"]);
}

#[test]
fn a_database_in_the_file_is_one_or_several() {
    let read = |text: &str| toml::from_str::<Settings>(text);
    let one = read("geo_database = \"city.mmdb\"").expect("a path");
    assert_eq!(one.geo_database, [Path::new("city.mmdb")]);
    let two = read("geo_database = [\"v4.xdb\", \"v6.xdb\"]").expect("paths");
    assert_eq!(two.geo_database.len(), 2);
    let error = read("geo_database = 4").expect_err("no path").to_string();
    assert!(error.contains("a path or a list of paths"), "{error}");
}

#[test]
fn printed_settings_hide_the_password_of_redis() {
    for (url, shown) in [
        ("redis://:s3cret@h:6379/1", "redis://:***@h:6379/1"),
        ("rediss://zhenma:s3@cret@a,b/?cluster", "rediss://zhenma:***@a,b/?cluster"),
        ("redis://h", "redis://h"),
    ] {
        let settings = with(&[("ZHENMA_SCAN_STORE", url)]).expect("good settings");
        let printed = toml::to_string(&settings).expect("texts");
        assert!(printed.contains(shown) && !printed.contains("cret"), "{printed}");
    }
}

#[test]
fn printed_settings_hide_the_password_of_postgresql() {
    let url = "postgres://zhenma:s3cret@h/ledger?sslmode=verify-full";
    let settings = with(&[("ZHENMA_LEDGER", url)]).expect("good settings");
    let printed = toml::to_string(&settings).expect("texts");
    assert!(printed.contains("postgres://zhenma:***@h/ledger?sslmode=verify-full"), "{printed}");
    for wrong in [
        "sqlite://s3cret",
        "postgres://zhenma:s3cret@h",
        "postgres://zhenma@h/ledger?password=s3cret",
        "postgres://zhenma:s3cret@[/ledger",
    ] {
        let error = with(&[("ZHENMA_LEDGER", wrong)]).expect_err(wrong).to_string();
        assert!(error.contains("ZHENMA_LEDGER") && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_parameter_of_postgresql_that_nothing_reads_is_refused() {
    let of = |more: &str| {
        let url = format!("postgres://zhenma:s3cret@db/zhenma?{more}");
        with(&[("ZHENMA_LEDGER", &url)]).map(|_| ()).map_err(|error| error.to_string())
    };
    for good in
        ["sslmode=verify-full&sslrootcert=/ca.pem", "ssl-mode=require", "options[search_path]=z"]
    {
        assert_eq!(of(good), Ok(()), "{good}");
    }
    for (wrong, says) in [
        ("sslmod=verify-full", "setting ZHENMA_LEDGER: sslmod is no parameter: is sslmode meant?"),
        ("port=5433&SSLMODE=require", "SSLMODE is no parameter: is sslmode meant?"),
        ("connect_timeout=5", "connect_timeout is no parameter: take it away"),
        ("s3@cret", "what stands behind the ? is no parameter"),
    ] {
        let error = of(wrong).expect_err(wrong);
        assert!(error.contains(says) && !error.contains("cret"), "{error}");
    }
}

#[test]
fn bad_settings_name_the_variable() {
    for (name, value) in [
        ("ZHENMA_LISTEN", "nowhere"),
        ("ZHENMA_PUBLIC_URL", "id.example.cn"),
        ("ZHENMA_PUBLIC_URL", "https://id.example.cn/q"),
        ("ZHENMA_PUBLIC_URL", "https://[::1]:8080"),
        ("ZHENMA_PUBLIC_URL", "https://id_1.example.cn"),
        ("ZHENMA_PUBLIC_ALIASES", "a.example.cn, https://b.example.cn"),
        ("ZHENMA_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("ZHENMA_WEBHOOK_ALLOW", "intranet"),
        ("ZHENMA_SCAN_RETENTION_DAYS", "0"),
        ("ZHENMA_SCAN_RETENTION_DAYS", "three"),
        ("ZHENMA_REPORT_CONTACT_DAYS", "29"),
        ("ZHENMA_REPORT_CONTENT_DAYS", "1826"),
        ("ZHENMA_CASE_YEARS", "4"),
        ("ZHENMA_TIME_ZONE", "Asia/Luyi"),
        ("ZHENMA_SCAN_STORE", "mysql://x"),
        ("ZHENMA_LEDGER", "postgres://x"),
        ("ZHENMA_LOG_FORMAT", "xml"),
        ("ZHENMA_SMTP_URL", "smtps://mail.example.cn"),
        ("ZHENMA_TSA_URL", "tsa.example.cn"),
        ("ZHENMA_TSA_URL", "ftp://tsa.example.cn"),
        ("ZHENMA_TSA_URL", "https://us:er@tsa.example.cn/tsr"),
        ("ZHENMA_TRACE_ENDPOINT", "http://us:er@127.0.0.1:4318"),
    ] {
        let error = with(&[(name, value)]).expect_err(value).to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_variable_that_is_no_text_is_refused_and_not_left_out() {
    use std::os::unix::ffi::OsStringExt;
    let error = Settings::from_sources(None, |name| match name {
        "ZHENMA_LEDGER" => {
            Err(VarError::NotUnicode(std::ffi::OsString::from_vec(b"postgres://\xff".to_vec())))
        }
        _ => Err(VarError::NotPresent),
    });
    let error = error.expect_err("not left out").to_string();
    assert_eq!(error, "setting ZHENMA_LEDGER: is not UTF-8");
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_its_line_without_what_stands_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("settings.toml");
    for value in ["postgres://zhenma:s3cret@h/ledger", "\"postgres://zhenma:s3cret@h/ledger"] {
        let text = format!("log_format = \"json\"\nledger = {value}\nmap = \"none\"\n");
        std::fs::write(&path, text).expect("written");
        let error = Settings::from_sources(Some(&path), |_| Err(VarError::NotPresent));
        let error = error.expect_err(value).to_string();
        assert!(error.contains("settings.toml: line 2: "), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
