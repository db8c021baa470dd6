//! The borders of every reserved network, by hand, and what follows from them.

use proptest::prelude::*;

use super::*;

/// Each network's neighbour below, first, last, and neighbour above. A `!`
/// marks a neighbour that is refused for a reason of its own, `-` the end.
const BORDERS: [[&str; 4]; 27] = [
    ["-", "0.0.0.0", "0.255.255.255", "1.0.0.0"],
    ["9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
    [
        "100.63.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "100.128.0.0",
    ],
    [
        "126.255.255.255",
        "127.0.0.0",
        "127.255.255.255",
        "128.0.0.0",
    ],
    [
        "168.63.129.15",
        "168.63.129.16",
        "168.63.129.16",
        "168.63.129.17",
    ],
    [
        "169.253.255.255",
        "169.254.0.0",
        "169.254.255.255",
        "169.255.0.0",
    ],
    [
        "172.15.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "172.32.0.0",
    ],
    ["191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"],
    ["192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"],
    [
        "192.88.98.255",
        "192.88.99.0",
        "192.88.99.255",
        "192.88.100.0",
    ],
    [
        "192.167.255.255",
        "192.168.0.0",
        "192.168.255.255",
        "192.169.0.0",
    ],
    [
        "198.17.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.20.0.0",
    ],
    [
        "198.51.99.255",
        "198.51.100.0",
        "198.51.100.255",
        "198.51.101.0",
    ],
    [
        "203.0.112.255",
        "203.0.113.0",
        "203.0.113.255",
        "203.0.114.0",
    ],
    [
        "223.255.255.255",
        "224.0.0.0",
        "239.255.255.255",
        "!240.0.0.0",
    ],
    ["!239.255.255.255", "240.0.0.0", "255.255.255.255", "-"],
    ["-", "::", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "!100::"],
    [
        "!ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "100::",
        "100::ffff:ffff:ffff:ffff",
        "100:0:0:1::",
    ],
    [
        "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001::",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:200::",
    ],
    [
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
    ],
    [
        "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2002::",
        "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2003::",
    ],
    [
        "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff::",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff:1000::",
    ],
    [
        "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5f00::",
        "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5f01::",
    ],
    [
        "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fc00::",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe00::",
    ],
    [
        "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe80::",
        "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "!fec0::",
    ],
    [
        "!febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fec0::",
        "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "!ff00::",
    ],
    [
        "!feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "ff00::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "-",
    ],
];

/// The networks within `::/8` that have a rule or a name of their own.
const WRAPPED: [(&str, bool); 17] = [
    ("::1", false),
    ("::2", false),
    ("::127.0.0.1", false),
    ("::8.8.8.8", false),
    ("::ffff:8.8.8.8", false),
    ("::ffff:127.0.0.1", false),
    ("::ffff:0:8.8.8.8", false),
    ("64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", false),
    ("64:ff9b::0.255.255.255", false),
    ("64:ff9b::1.0.0.0", true),
    ("64:ff9b::8.8.8.8", true),
    ("64:ff9b::169.254.169.254", false),
    ("64:ff9b::223.255.255.255", true),
    ("64:ff9b::255.255.255.255", false),
    ("64:ff9b::1:0:0", false),
    ("64:ff9b:1::8.8.8.8", false),
    ("64:ff9b:2::8.8.8.8", false),
];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn is_permitted(ip: IpAddr) -> bool {
    judge_ip(ip, &[]) == Verdict::Permitted
}

#[test]
fn every_network_ends_where_it_should() {
    for [below, first, last, above] in BORDERS {
        assert!(!is_permitted(ip(first)), "{first}");
        assert!(!is_permitted(ip(last)), "{last}");
        for neighbour in [below, above] {
            match neighbour.strip_prefix('!') {
                Some(refused) => assert!(!is_permitted(ip(refused)), "{refused}"),
                None if neighbour == "-" => {}
                None => assert!(is_permitted(ip(neighbour)), "{neighbour}"),
            }
        }
    }
}

#[test]
fn what_wraps_an_ipv4_address_is_refused_but_for_nat64() {
    for (text, permitted) in WRAPPED {
        assert_eq!(is_permitted(ip(text)), permitted, "{text}");
    }
}

#[test]
fn every_16_bit_block_is_judged_as_the_borders_say() {
    let networks = BORDERS.map(|[_, first, last, _]| (ip(first), ip(last)));
    // In the order of `IpAddr`, all of IPv4 comes before all of IPv6.
    let within = |one: IpAddr| {
        networks
            .iter()
            .any(|(first, last)| (first..=last).contains(&&one))
    };
    for block in 0..=u16::MAX {
        let [high, low] = block.to_be_bytes();
        for host in [[0, 0], [255, 255], [0, 1], [2, 7]] {
            let v4 = IpAddr::from([high, low, host[0], host[1]]);
            assert_eq!(is_permitted(v4), !within(v4), "{v4}");
        }
        let v6 = IpAddr::from([block, 0x4860, 0, 0, 0, 0, 0, 0x8888]);
        assert_eq!(is_permitted(v6), !within(v6), "{v6}");
    }
}

#[test]
fn the_well_known_ways_to_a_clouds_credentials_are_closed() {
    for text in [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ] {
        assert!(!is_permitted(ip(text)), "{text}");
    }
}

#[test]
fn an_allowed_network_is_permitted_and_its_neighbours_are_not() {
    let allowed = ["127.0.0.0/8", "10.1.0.0/16", "fd00::/16"].map(|net| net.parse().unwrap());
    let judged = |text: &str| judge_ip(ip(text), &allowed) == Verdict::Permitted;
    for inside in ["127.0.0.1", "10.1.255.255", "fd00::1", "8.8.8.8"] {
        assert!(judged(inside), "{inside}");
    }
    for outside in [
        "10.2.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "fd01::1",
    ] {
        assert!(!judged(outside), "{outside}");
    }
}

#[test]
fn a_refusal_says_what_the_network_is_for() {
    for (text, said) in [
        ("127.0.0.1", "loopback (127.0.0.0/8)"),
        ("::1", "loopback (::1/128)"),
        (
            "169.254.169.254",
            "link-local, where clouds keep metadata (169.254.0.0/16)",
        ),
        ("64:ff9b::10.0.0.1", "private (10.0.0.0/8)"),
    ] {
        match judge_ip(ip(text), &[]) {
            Verdict::Refused(reserved) => assert_eq!(reserved.to_string(), said),
            Verdict::Permitted => panic!("{text} was permitted"),
        }
    }
}

proptest! {
    #[test]
    fn nothing_that_the_standard_library_calls_special_is_permitted(bits: u32) {
        let v4 = Ipv4Addr::from(bits);
        let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
            || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
        prop_assert!(!(special && is_permitted(v4.into())), "{v4}");
    }

    #[test]
    fn nat64_is_as_good_as_the_address_inside(bits: u32) {
        let v4 = Ipv4Addr::from(bits);
        let wrapped = Ipv6Addr::from(u128::from(NAT64.addr()) | u128::from(bits));
        prop_assert_eq!(is_permitted(wrapped.into()), is_permitted(v4.into()));
    }

    #[test]
    fn a_mapped_address_is_never_permitted(bits: u32, network in 0u8..=32) {
        let v4 = Ipv4Addr::from(bits);
        let allowed = [IpNet::new(v4.into(), network).unwrap()];
        prop_assert!(judge_ip(v4.to_ipv6_mapped().into(), &allowed) != Verdict::Permitted);
        prop_assert!(judge_ip(v4.into(), &allowed) == Verdict::Permitted);
    }
}
