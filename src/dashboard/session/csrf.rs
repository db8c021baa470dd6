//! The number in every form, which no other site can know.
//!
//! It follows from the session's token, so nothing is stored. It is written
//! masked, anew on every page: pages are compressed, and what is the same on
//! each of them could be guessed from their length.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use subtle::ConstantTimeEq;

use super::token::Token;

const PURPOSE: &str = "ringback form";
const BYTES: usize = 32;

/// For a page.
pub(super) fn masked(token: &Token) -> String {
    let mask = rand::random::<[u8; BYTES]>();
    let hidden = xor(mask, token.derive(PURPOSE));
    BASE64.encode([mask, hidden].concat())
}

/// Whether what a form brought is this session's.
pub(super) fn is_of(token: &Token, brought: &str) -> bool {
    let bytes = BASE64.decode(brought).unwrap_or_default();
    let (mask, hidden) = bytes.split_at(bytes.len() / 2);
    match (mask.try_into(), hidden.try_into()) {
        (Ok(mask), Ok(hidden)) => xor(mask, hidden).ct_eq(&token.derive(PURPOSE)).into(),
        _ => false,
    }
}

fn xor(one: [u8; BYTES], other: [u8; BYTES]) -> [u8; BYTES] {
    std::array::from_fn(|at| one[at] ^ other[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_good_for_its_own_session_alone_and_never_written_twice_alike() {
        let (hers, his) = (Token::random(), Token::random());
        let (one, another) = (masked(&hers), masked(&hers));
        assert_ne!(one, another);
        for number in [&one, &another] {
            assert!(is_of(&hers, number));
            assert!(!is_of(&his, number));
        }
        for nonsense in ["", "x", "AAAA", &BASE64.encode([0; 64]), &one[1..]] {
            assert!(!is_of(&hers, nonsense), "{nonsense}");
        }
    }
}
