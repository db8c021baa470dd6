//! What sealing promises: it opens at its place, with a listed key, unchanged,
//! and not otherwise.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::{
    cipher::{Cipher, KEY_BYTES},
    *,
};

const KEY_A: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const KEY_B: &str = "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

fn seal_with(list: &str) -> Seal {
    Seal::from_list(&Secret::new(list)).unwrap()
}

fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "calls",
        column: "phone",
        row,
    }
}

#[test]
fn a_value_opens_at_its_place_and_nowhere_else() {
    let seal = seal_with(KEY_A);
    let sealed = seal.seal(place(b"row1"), b"+14155550123");
    assert_eq!(
        seal.open(place(b"row1"), &sealed).unwrap().as_slice(),
        b"+14155550123"
    );
    let elsewhere = [
        place(b"row2"),
        Place {
            table: "events",
            ..place(b"row1")
        },
        Place {
            column: "details",
            ..place(b"row1")
        },
    ];
    for wrong in elsewhere {
        assert_eq!(
            seal.open(wrong, &sealed),
            Err(SealError::Forged),
            "{wrong:?}"
        );
    }
}

#[test]
fn the_first_key_seals_and_every_listed_key_opens() {
    let old = seal_with(KEY_A).seal(place(b"r"), b"x");
    let both = seal_with(&format!("{KEY_B},{KEY_A}"));
    assert!(both.open(place(b"r"), &old).is_ok());
    let new = both.seal(place(b"r"), b"x");
    assert_eq!(&new[2..4], b"b\0");
    assert!(seal_with(KEY_B).open(place(b"r"), &new).is_ok());
    assert_eq!(
        seal_with(KEY_A).open(place(b"r"), &new),
        Err(SealError::UnknownKey)
    );
}

#[test]
fn the_same_text_never_seals_to_the_same_bytes() {
    let seal = seal_with(KEY_A);
    assert_ne!(seal.seal(place(b"r"), b"x"), seal.seal(place(b"r"), b"x"));
}

/// Fixed inputs give these bytes for ever: a change of the format, of the key
/// derivation or of the place's bytes would make stored data unreadable.
/// Computed apart from this code, with Python's `hmac` and libsodium.
#[test]
fn the_format_is_what_it_was() {
    let seal = seal_with(KEY_A);
    let sealed = hex::decode(VECTOR_SEALED).unwrap();
    assert_eq!(
        seal.open(place(b"row1"), &sealed).unwrap().as_slice(),
        b"+14155550123"
    );
    assert_eq!(
        hex::encode(seal.index("phone", "+14155550123")),
        VECTOR_INDEX
    );
}

const VECTOR_SEALED: &str = "01016100000000000000000102030405060708090a0b0c0d0e0f101112131415161799952107a6daaf625317de0a56af9197f94c8885ef92e123774147ff";
const VECTOR_INDEX: &str = "e743c22db26246e2c931f76ff5b2c44a7b682553b90a0fa6bbc0e1941807d170";

#[test]
fn a_blind_index_depends_on_the_key_the_domain_and_the_value() {
    let (a, b) = (seal_with(KEY_A), seal_with(KEY_B));
    let index = a.index("phone", "+1");
    assert_eq!(index, a.index("phone", "+1"));
    for other in [
        a.index("phone", "+2"),
        a.index("email", "+1"),
        b.index("phone", "+1"),
    ] {
        assert_ne!(index, other);
    }
    let both = seal_with(&format!("{KEY_B},{KEY_A}"));
    assert_eq!(both.indexes("phone", "+1"), [b.index("phone", "+1"), index]);
}

#[test]
fn a_bad_key_list_is_refused_by_name_and_never_shown() {
    let short = "c2hvcnQ=";
    for list in [",", short, "toolongid9:AA==", &format!("{KEY_A},{KEY_A}")] {
        let told = format!("{:#}", Seal::from_list(&Secret::new(list)).unwrap_err());
        assert!(
            told.starts_with("RINGBACK_KEYS") && !told.contains(short),
            "{told}"
        );
    }
}

proptest! {
    /// Processors have ways of their own for long values.
    #[test]
    fn another_implementation_says_the_same(
        key in any::<[u8; KEY_BYTES]>(),
        nonce in any::<[u8; NONCE_BYTES]>(),
        aad in prop::collection::vec(any::<u8>(), 0..64),
        plain in prop::collection::vec(any::<u8>(), 0..5_000),
    ) {
        let theirs = XChaCha20Poly1305::new(&key.into());
        let payload = Payload { msg: &plain, aad: &aad };
        let theirs = theirs.encrypt(&XNonce::from(nonce), payload).unwrap();
        let ours = Cipher::new(Zeroizing::new(key));
        let mut encrypted = plain.clone();
        ours.encrypt(&nonce, &aad, &mut encrypted, 0);
        prop_assert_eq!(&encrypted, &theirs);
        prop_assert_eq!(&*ours.decrypt(&nonce, &aad, &theirs).unwrap(), &plain);
    }

    #[test]
    fn any_change_of_a_sealed_value_is_noticed(plain in prop::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let seal = seal_with(KEY_A);
        let mut sealed = seal.seal(place(b"r"), &plain);
        let at = at.index(sealed.len());
        sealed[at] ^= flip;
        prop_assert!(seal.open(place(b"r"), &sealed).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..128)) {
        prop_assert!(seal_with(KEY_A).open(place(b"r"), &bytes).is_err());
    }
}
