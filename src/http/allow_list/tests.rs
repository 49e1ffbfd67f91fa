//! Honest and hostile addresses against the allow-list.

use proptest::prelude::*;

use super::*;

fn allowed(extra: &[&str], system: System, url: &str) -> bool {
    let extra: Vec<String> = extra.iter().map(|&entry| entry.to_owned()).collect();
    let list = AllowList::new(&extra).unwrap();
    // What does not even parse never becomes a request.
    Url::parse(url).is_ok_and(|url| list.check(system, &url).is_ok())
}

#[test]
fn built_in_hosts_are_allowed_to_their_own_system_only() {
    for (url, testworthy, azure) in [
        ("https://testworthy.us/api/tests/get_cases/41", true, false),
        ("https://testworthy.us:443/", true, false),
        ("https://TestWorthy.US/", true, false),
        ("https://testworthy.us./", true, false),
        ("https://contoso.testworthy.us/", true, false),
        ("https://a.b.testworthy.us/", true, false),
        ("https://api.testworthy.com/v1/", true, false),
        ("https://dev.azure.com/contoso", false, true),
        ("https://DEV.AZURE.COM/contoso", false, true),
        ("https://vssps.dev.azure.com/contoso", false, true),
        ("https://contoso.visualstudio.com/", false, true),
    ] {
        assert_eq!(allowed(&[], System::TestWorthy, url), testworthy, "{url}");
        assert_eq!(allowed(&[], System::AzureDevOps, url), azure, "{url}");
    }
}

/// Every form here must be refused to both systems without any addition.
const HOSTILE: &[&str] = &[
    "http://testworthy.us/",
    "http://dev.azure.com/contoso",
    "https://testworthy.us:8443/",
    "https://testworthy.us:80/",
    "http://testworthy.us:443/",
    "https://dev.azure.com:444/",
    "https://testworthy.us.evil.example/",
    "https://testworthy.us-evil.example/",
    "https://eviltestworthy.us/",
    "https://evil-testworthy.us/",
    "https://testworthy.us.us/",
    "https://testworthy.usa/",
    "https://testworthy.co/",
    "https://api.testworthy.com.evil.example/",
    "https://evil.api.testworthy.com/",
    "https://testworthy.com/",
    "https://evil.dev.azure.com/",
    "https://azure.com/",
    "https://dev.azure.com.evil.example/",
    "https://devxazure.com/",
    "https://dev-azure.com/",
    "https://visualstudio.com/",
    "https://.visualstudio.com/",
    "https://contoso..visualstudio.com/",
    "https://contosovisualstudio.com/",
    "https://contoso.visualstudio.com.evil.example/",
    "https://testworthy.us@evil.example/",
    "https://ada:secret@testworthy.us/",
    "https://ada@dev.azure.com/",
    "https://:secret@dev.azure.com/",
    "https://dev.azure.com%2eevil.example/",
    "https://dev.azure.com%00.evil.example/",
    "https://evil.example\\dev.azure.com/",
    "https://evil.example/dev.azure.com",
    "https://evil.example?dev.azure.com",
    "https://evil.example#dev.azure.com",
    "https://t\u{435}stworthy.us/",
    "https://xn--tstworthy-g8h.us/",
    "https://testworthy\u{3002}us.evil.example/",
    "https://testworthy.us../",
    "ftp://testworthy.us/",
    "ws://dev.azure.com/",
    "file:///dev.azure.com",
    "data:text/plain,dev.azure.com",
    "https://127.0.0.1/",
    "http://127.0.0.1/",
    "http://localhost:8080/",
    "https://localhost/",
    "http://[::1]/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://[::ffff:127.0.0.1]/",
    "https://169.254.169.254/latest/meta-data",
];

#[test]
fn hostile_forms_are_refused() {
    assert!(HOSTILE.len() >= 30);
    for url in HOSTILE {
        for system in [System::TestWorthy, System::AzureDevOps] {
            assert!(!allowed(&[], system, url), "{url}");
        }
    }
}

#[test]
fn forms_that_name_an_allowed_host_are_that_host() {
    // The parser resolves these before any connection, so the check sees what will be dialled. A
    // backslash begins the path, as in a browser.
    assert!(allowed(
        &[],
        System::AzureDevOps,
        "https://dev.azure.com\\@evil.example/"
    ));
    assert!(allowed(&[], System::TestWorthy, "https://testworthy%2Eus/"));
    assert!(allowed(
        &[],
        System::TestWorthy,
        "https://\u{ff54}estworthy.us/"
    ));
    assert!(allowed(
        &["127.0.0.1:8080"],
        System::TestWorthy,
        "http://2130706433:8080/"
    ));
    assert!(allowed(
        &["127.0.0.1:8080"],
        System::TestWorthy,
        "http://0x7f.1:8080/"
    ));
}

#[test]
fn additions_allow_exactly_what_they_name() {
    for (entry, url, expected) in [
        (
            "tests.contoso.example",
            "https://tests.contoso.example/",
            true,
        ),
        (
            "tests.contoso.example",
            "https://tests.contoso.example:443/",
            true,
        ),
        (
            "TESTS.contoso.example.",
            "https://tests.contoso.example/",
            true,
        ),
        (
            "tests.contoso.example",
            "https://tests.contoso.example:8443/",
            false,
        ),
        (
            "tests.contoso.example",
            "https://a.tests.contoso.example/",
            false,
        ),
        (
            "tests.contoso.example",
            "http://tests.contoso.example/",
            false,
        ),
        (
            "tests.contoso.example:80",
            "http://tests.contoso.example/",
            false,
        ),
        (
            "tests.contoso.example:8443",
            "https://tests.contoso.example:8443/",
            true,
        ),
        (
            "tests.contoso.example:8443",
            "https://tests.contoso.example/",
            false,
        ),
        ("*.contoso.example", "https://a.contoso.example/", true),
        ("*.contoso.example", "https://a.b.contoso.example/", true),
        ("*.contoso.example", "https://contoso.example/", false),
        ("*.contoso.example", "https://acontoso.example/", false),
        (
            "*.contoso.example:8443",
            "https://a.contoso.example:8443/",
            true,
        ),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/", true),
        ("127.0.0.1:8080", "https://127.0.0.1:8080/", true),
        ("127.0.0.1:8080", "http://127.0.0.1:8081/", false),
        ("127.0.0.1:8080", "http://127.0.0.1/", false),
        ("127.0.0.1", "http://127.0.0.1/", true),
        ("127.0.0.1", "http://127.0.0.1:8080/", false),
        ("127.0.0.1:80", "http://127.0.0.1/", true),
        ("127.0.0.1:8080", "http://localhost:8080/", false),
        ("localhost:8080", "http://localhost:8080/", true),
        ("localhost:8080", "http://127.0.0.1:8080/", false),
        (
            "localhost:8080",
            "http://localhost.evil.example:8080/",
            false,
        ),
        ("[::1]:8080", "http://[::1]:8080/", true),
        ("[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/", true),
        ("[::1]", "https://[::1]/", true),
        ("[::1]:8080", "http://[::2]:8080/", false),
        (
            "[::ffff:127.0.0.1]:8080",
            "http://[::ffff:127.0.0.1]:8080/",
            false,
        ),
        ("192.0.2.7:8080", "http://192.0.2.7:8080/", false),
        ("192.0.2.7:8080", "https://192.0.2.7:8080/", true),
        ("dev.azure.com", "https://ada@dev.azure.com/", false),
    ] {
        for system in [System::TestWorthy, System::AzureDevOps] {
            let got = allowed(&[entry], system, url);
            let built_in = system == System::AzureDevOps && allowed(&[], system, url);
            assert_eq!(got || built_in, expected, "{entry} {url} {system}");
        }
    }
}

#[test]
fn malformed_additions_are_refused() {
    for entry in [
        "",
        " ",
        "*",
        "*.",
        "*.com",
        "*.*.example.com",
        "https://contoso.example",
        "contoso.example/",
        "ada@contoso.example",
        "contoso.example:",
        "contoso.example:0",
        "contoso.example:65536",
        "contoso.example:https",
        "contoso.example:+80",
        "a b.example",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]:",
        "*.127.0.0.1",
        "*.[::1]",
        "contoso%2eexample",
        "a..example",
        "contoso.example?x",
        ".",
        "contoso.example:80:80",
    ] {
        let result = AllowList::new(&[entry.to_owned()]);
        assert!(result.is_err(), "{entry:?} gave {result:?}");
    }
}

#[test]
fn a_refusal_names_host_and_port_and_nothing_else() {
    let list = AllowList::default();
    let url = Url::parse("https://ada:hunter2@evil.example/path?key=hunter2").unwrap();
    let error = list.check(System::AzureDevOps, &url).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("evil.example:443"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

proptest! {
    /// Whatever surrounds it, only a host that is listed or below a listed suffix gets through.
    #[test]
    fn only_true_subdomains_pass(prefix in "[a-z0-9.-]{0,12}", suffix in "[a-z0-9.-]{0,12}") {
        let url = format!("https://{prefix}testworthy.us{suffix}/");
        if allowed(&[], System::TestWorthy, &url) {
            let host = Url::parse(&url).unwrap().host_str().unwrap().to_owned();
            let host = host.trim_end_matches('.');
            prop_assert!(host == "testworthy.us" || host.ends_with(".testworthy.us"), "{}", url);
        }
    }

    #[test]
    fn additions_never_panic(entry in "\\PC{0,24}") {
        let _ = AllowList::new(&[entry]);
    }
}
