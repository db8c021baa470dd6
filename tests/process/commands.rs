//! What every command says of itself: its version, its help, and how shells complete it.

use crate::support::Home;

#[test]
fn the_version_names_the_build() {
    let told = Home::embedded().told(&["--version"]);
    let version = format!("ringback {} (", env!("CARGO_PKG_VERSION"));
    assert!(
        told.starts_with(&version) && told.ends_with(")\n"),
        "{told}"
    );
}

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let home = Home::embedded();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.told(&["completions", shell]);
        for word in ["listen", "simulate", "--forward", "copy", "backup"] {
            let word = if shell == "fish" {
                word.trim_start_matches('-')
            } else {
                word
            };
            assert!(script.contains(word), "{shell} is not told of {word}");
        }
    }
    assert_eq!(home.run(&["completions", "cmd"]).status.code(), Some(2));
}

#[test]
fn help_teaches_by_examples() {
    let home = Home::embedded();
    let commands = [
        "listen",
        "simulate",
        "verify",
        "completions",
        "copy",
        "backup",
        "restore",
    ];
    for command in commands {
        let help = home.told(&[command, "--help"]);
        assert!(help.contains("Examples:"), "{command}: {help}");
    }
}
