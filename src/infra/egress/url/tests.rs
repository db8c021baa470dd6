//! Hostile spellings, listed and generated, and the good ones beside them.

use proptest::prelude::*;

use super::*;

fn strict() -> EgressConfig {
    EgressConfig {
        allow_networks: Vec::new(),
        allow_http: false,
    }
}

/// What a server on loopback allows its developer.
fn local() -> EgressConfig {
    EgressConfig {
        allow_networks: ["127.0.0.0/8", "::1/128"]
            .map(|net| net.parse().unwrap())
            .to_vec(),
        allow_http: true,
    }
}

fn refusal(text: &str) -> Refusal {
    match read_url(text, &strict()) {
        Err(refusal) => refusal,
        Ok(url) => panic!("{text} was let through as {url}"),
    }
}

/// Every way to write an IPv4 address that some program understands, as far
/// as they lead to the same address: each part decimal, octal or hexadecimal,
/// and one to four parts.
pub(in crate::infra::egress) fn spellings(ip: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = ip.octets().map(u32::from);
    let by_parts = [
        vec![u32::from(ip)],
        vec![a, b << 16 | c << 8 | d],
        vec![a, b, c << 8 | d],
        vec![a, b, c, d],
    ];
    let ways: [fn(u32) -> String; 5] = [
        |part| part.to_string(),
        |part| format!("0{part:o}"),
        |part| format!("000{part:o}"),
        |part| format!("0x{part:x}"),
        |part| format!("0X{part:08X}"),
    ];
    let mut hosts = Vec::new();
    for parts in by_parts {
        for way in ways {
            let host = parts.iter().copied().map(way).collect::<Vec<_>>().join(".");
            hosts.push(host.replace('.', "。"));
            hosts.push(host.bytes().map(|byte| format!("%{byte:02x}")).collect());
            hosts.push(format!("{host}."));
            hosts.push(host);
        }
        let mixed = parts
            .iter()
            .enumerate()
            .map(|(at, part)| ways[at % ways.len()](*part));
        hosts.push(mixed.collect::<Vec<_>>().join("."));
    }
    hosts.push(format!("[::ffff:{ip}]"));
    hosts.push(format!("[::{ip}]"));
    hosts.push(format!("[64:ff9b::{ip}]"));
    hosts.push(full_width(&ip.to_string()));
    hosts
}

fn full_width(text: &str) -> String {
    let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
    text.chars()
        .map(|c| if c == '.' { '．' } else { wide(c) })
        .collect()
}

#[test]
fn no_spelling_of_a_reserved_address_gets_through() {
    let targets = [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "0.0.0.0",
        "192.168.1.1",
        "172.16.0.1",
        "100.100.100.200",
        "168.63.129.16",
    ];
    let mut tried = 0;
    for target in targets {
        for host in spellings(target.parse().unwrap()) {
            let said = refusal(&format!("https://{host}/latest/meta-data"));
            assert!(matches!(said, Refusal::Address(_)), "{host}: {said}");
            tried += 1;
        }
    }
    assert!(tried > 600, "{tried}");
}

#[test]
fn every_spelling_of_a_public_address_is_that_address() {
    let ip: Ipv4Addr = "8.8.4.4".parse().unwrap();
    for host in spellings(ip).iter().filter(|host| !host.starts_with('[')) {
        let url = read_url(&format!("https://{host}/"), &strict()).unwrap();
        assert_eq!(url.as_str(), "https://8.8.4.4/", "{host}");
    }
}

#[test]
fn names_for_this_machine_and_other_ways_to_write_ipv6_are_refused() {
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "%6cocalhost",
        "ｌｏｃａｌｈｏｓｔ",
        "api.localhost",
        "a.b.localhost.",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[0000:0000:0000:0000:0000:0000:0000:0001]",
        "[::0.0.0.1]",
        "[::ffff:7f00:1]",
        "[::FFFF:127.0.0.1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "127.1",
        "0",
        "0x0",
        "127.0.0.1.",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "1２7.0.0.1",
    ] {
        let said = refusal(&format!("https://{host}/"));
        assert!(matches!(said, Refusal::Address(_)), "{host}: {said}");
    }
}

#[test]
fn what_is_no_host_is_refused() {
    for host in [
        "256.0.0.1",
        "1.2.3.4.5",
        "127.0.0.1.1.",
        "0x100000000",
        "4294967296",
        "08.1.1.1",
        "[::1",
        "::1",
        "[]",
        "[fe80::1%25eth0]",
        "[::1]a",
        "a..b",
        "a..",
        ".a",
        "..",
        ".",
        "*",
        "*.example.com",
        "a'b.example.com",
        "a`b.example.com",
        "{host}",
        "a;b.example.com",
        "a<b.example.com",
        "a^b",
        "exa%00mple.com",
        "exa%20mple.com",
        "exa%23mple.com",
        "exa%2fmple.com",
        "exa%40mple.com",
        "exa%3ammple.com",
        "xn--a",
        "\u{ad}",
        "example.com:99999",
        "example.com:-1",
        "example.com:80:80",
    ] {
        let said = refusal(&format!("https://{host}/"));
        let fits = matches!(
            said,
            Refusal::HostName | Refusal::NoHost | Refusal::Unreadable(_)
        );
        assert!(fits, "{host}: {said}");
    }
    let label = "a".repeat(64);
    let long = ["a".repeat(63).as_str(); 4].join(".");
    assert_eq!(refusal(&format!("https://{label}.com/")), Refusal::HostName);
    assert_eq!(refusal(&format!("https://{long}/")), Refusal::HostName);
}

#[test]
fn what_is_no_url_for_a_webhook_is_refused_by_name() {
    let scheme = |name: &str| Refusal::Scheme(name.to_owned());
    let blank = Refusal::Blank;
    for (text, said) in [
        ("http://example.com/", Refusal::PlainHttp),
        ("HTTP://example.com/", Refusal::PlainHttp),
        ("ftp://example.com/", scheme("ftp")),
        ("file:///etc/passwd", scheme("file")),
        ("gopher://127.0.0.1:6379/_FLUSHALL", scheme("gopher")),
        ("javascript:alert(1)", scheme("javascript")),
        ("data:text/plain,a", scheme("data")),
        ("ws://example.com/", scheme("ws")),
        ("localhost:3000/hook", scheme("localhost")),
        ("https://user@example.com/", Refusal::Credentials),
        ("https://user:word@example.com/", Refusal::Credentials),
        ("https://:word@example.com/", Refusal::Credentials),
        ("https://example.com%40@127.0.0.1/", Refusal::Credentials),
        ("https://example.com:443@127.0.0.1/", Refusal::Credentials),
        ("https://", Refusal::NoHost),
        ("https:///", Refusal::NoHost),
        ("https://?a", Refusal::NoHost),
        ("https://#a", Refusal::NoHost),
        (" https://example.com/", blank.clone()),
        ("https://example.com/\n", blank.clone()),
        ("ht\ttps://example.com/", blank.clone()),
        ("https://exa\rmple.com/", blank.clone()),
        ("https://example.com/a b", blank.clone()),
        ("https://example.com/\0", blank.clone()),
        ("https://example.com/\u{a0}", blank.clone()),
        ("https://example.com/\u{2028}", blank),
        ("https://example.com:22/", Refusal::Port(22)),
        ("https://example.com:0/", Refusal::Port(0)),
        ("https://example.com:6379/", Refusal::Port(6379)),
        ("https://example.com:05432/", Refusal::Port(5432)),
    ] {
        assert_eq!(refusal(text), said, "{text:?}");
    }
    for text in ["", "example.com", "//example.com/", "/hook", "https", ":"] {
        assert!(matches!(refusal(text), Refusal::Unreadable(_)), "{text:?}");
    }
    let long = format!("https://example.com/{}", "a".repeat(URL_BYTES_MAX));
    assert_eq!(refusal(&long), Refusal::TooLong);
    let longer_once_read = format!("https://example.com/{}", "ä".repeat(1000));
    assert_eq!(refusal(&longer_once_read), Refusal::TooLong);
}

#[test]
fn a_slash_the_wrong_way_round_hides_no_host() {
    for text in [
        "https:\\\\127.0.0.1\\",
        "https:127.0.0.1",
        "https:/127.0.0.1/",
        "https://127.0.0.1\\@example.com/",
        "https://127.0.0.1#@example.com/",
        "https://127.0.0.1?@example.com/",
        "https:////127.0.0.1/",
    ] {
        assert!(matches!(refusal(text), Refusal::Address(_)), "{text}");
    }
}

#[test]
fn good_urls_are_let_through_as_the_parser_writes_them() {
    for (text, read) in [
        ("https://example.com/webhook", "https://example.com/webhook"),
        ("HTTPS://Example.COM", "https://example.com/"),
        ("https://example.com:443/a/../b", "https://example.com/b"),
        (
            "https://example.com:8443/?q=1#part",
            "https://example.com:8443/?q=1#part",
        ),
        ("https://example.com./", "https://example.com./"),
        (
            "https://my_host.internal-name.io:3000/",
            "https://my_host.internal-name.io:3000/",
        ),
        (
            "https://bücher.example/ä",
            "https://xn--bcher-kva.example/%C3%A4",
        ),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://[64:ff9b::808:808]/", "https://[64:ff9b::808:808]/"),
        (
            "https://localhost.example.com/",
            "https://localhost.example.com/",
        ),
        ("https://notlocalhost/", "https://notlocalhost/"),
    ] {
        assert_eq!(read_url(text, &strict()).unwrap().as_str(), read, "{text}");
    }
}

#[test]
fn what_the_operator_allows_is_let_through() {
    for text in [
        "http://127.0.0.1:3000/hook",
        "http://127.1:3000/hook",
        "http://localhost:3000/hook",
        "http://app.localhost:3000/hook",
        "https://[::1]:3000/hook",
        "http://example.com/",
    ] {
        assert!(read_url(text, &local()).is_ok(), "{text}");
    }
    for text in [
        "http://127.0.0.1:22/",
        "http://127.0.0.1:6379/",
        "http://10.0.0.1/",
    ] {
        assert!(read_url(text, &local()).is_err(), "{text}");
    }
}

#[test]
fn a_refusal_tells_a_person_what_to_do() {
    for (text, said) in [
        (
            "https://127.0.0.1/",
            "the address is not public but loopback (127.0.0.0/8): use a public one (the server's operator may allow it by RINGBACK_ALLOW_NETWORKS)",
        ),
        (
            "https://a.example:6379/",
            "port 6379 is not for webhooks: use 443, 80, or one from 1024 up that is not known for another service",
        ),
        (
            "example.com",
            "this is not a URL (relative URL without a base): write it whole, like https://example.com/webhook",
        ),
        (
            "ftp://a.example/",
            "ftp: is not a scheme that webhooks are sent with: use https",
        ),
    ] {
        assert_eq!(refusal(text).to_string(), said);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_lets_a_reserved_address_through(text in "(https?:)?[/\\\\]{0,3}[a-z0-9.:@%\\[\\]x#?・。-]{0,24}") {
        if let Ok(url) = read_url(&text, &strict()) {
            prop_assert_eq!(url.scheme(), "https");
            prop_assert_eq!(read_url(url.as_str(), &strict()), Ok(url.clone()));
            if let Some(ip) = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse().ok()) {
                prop_assert_eq!(judge_ip(ip, &[]), Verdict::Permitted);
            }
        }
    }

    #[test]
    fn any_address_is_judged_alike_in_every_spelling(bits: u32) {
        let ip = Ipv4Addr::from(bits);
        let permitted = judge_ip(ip.into(), &[]) == Verdict::Permitted;
        for host in spellings(ip).iter().filter(|host| !host.starts_with('[')) {
            prop_assert_eq!(read_url(&format!("https://{host}/"), &strict()).is_ok(), permitted, "{}", host);
        }
    }
}
