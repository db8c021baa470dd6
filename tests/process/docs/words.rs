//! What goes wrong in a receiver's life is said in the documentation and on the command line as it is
//! said everywhere. `tests/api/trial/words.rs` looks at the other places.

use ringback::infra::egress::advice;

use super::page::Page;
use crate::support::Home;

#[test]
fn receiving_explains_what_goes_wrong_in_the_words_of_the_product() {
    let page = Page::read("docs/RECEIVING.md").sentences();
    for trouble in advice::ALL {
        assert!(page.contains(trouble), "{trouble}");
    }
}

#[test]
fn verify_explains_what_goes_wrong_in_the_same_words() {
    let help = Home::embedded().told(&["verify", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for trouble in advice::ALL {
        assert!(help.contains(trouble), "{trouble}");
    }
}
