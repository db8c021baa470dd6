//! The image's steps, taken without an engine: ours are all known, and each kind does what it does
//! in an engine. Building ours takes minutes, so here it is a small one.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use super::{image_says, text};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/image-without-engine");

/// It greets with what its build was given, and has a volume.
const SMALL: &str = r#"# A comment
ARG TOOLCHAIN=1.0
FROM rust:${TOOLCHAIN}-slim AS build
ARG GREETING=nobody
WORKDIR /made
COPY words.txt more/ ./here/
ENV WHOM=world
RUN mkdir out volumes \
 && printf '#!/bin/sh\necho "%s %s, %s, $1, ${WHOM:-nothing left}"\n' "$GREETING" "$WHOM" \
    "$(cat here/words.txt here/inner.txt)" > out/greet \
 && chmod 755 out/greet && mkdir -m 0700 volumes/data
FROM gcr.io/distroless/static
COPY --from=build --chmod=0755 /made/out/greet /bin/greet
COPY --from=build /made/volumes/ /
USER 65532:65532
ENTRYPOINT ["/bin/greet"]
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(dockerfile: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        fs::create_dir(folder.path().join("more")).unwrap();
        write("Dockerfile", dockerfile);
        write(".dockerignore", "# All but these\n*\n!words.txt\n!more\n");
        write("words.txt", "one");
        write("more/inner.txt", "two");
        write("left-out.txt", "three");
        Self(folder)
    }

    fn build(&self, arguments: &[&str]) -> Output {
        build(self.0.path(), arguments)
    }

    #[track_caller]
    fn refusal(&self) -> String {
        let output = self.build(&[]);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

fn build(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(SCRIPT);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn each_step_of_our_own_image_is_known() {
    let output = build(Path::new(env!("CARGO_MANIFEST_DIR")), &["--check"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_toolchain_of_the_image_is_ours() {
    let toolchain = text("rust-toolchain.toml");
    let (_, rest) = toolchain.split_once("channel = \"").unwrap();
    let channel = rest.split('"').next().unwrap();
    assert!(text("Dockerfile").contains(&format!("\nARG RUST={channel}\n")));
}

#[test]
fn a_small_image_is_built_and_run_with_an_empty_environment() {
    let folder = Folder::with(SMALL);
    let into = folder.0.path().join("into");
    let into = into.to_str().unwrap();
    let output = folder.build(&["--build-arg", "GREETING=hello", "--into", into]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told, "hello world, onetwo, --version, nothing left\n");
    let made = |path: &str| Path::new(into).join("stages").join(path).exists();
    assert!(made("final/data") && made("build/made/here/inner.txt"));
    assert!(!Path::new(into).join("context/left-out.txt").exists());
}

#[test]
fn what_it_cannot_do_as_an_engine_would_it_does_not_do() {
    let refusals = [
        (
            "ENV WHOM",
            "ONBUILD RUN x\nENV WHOM",
            "line 7: the instruction ONBUILD is not known here",
        ),
        (
            "RUN mkdir",
            "RUN rm -r /somewhere && mkdir",
            "a path outside of its folder",
        ),
        (
            "FROM rust:${TOOLCHAIN}-slim",
            "FROM debian:12",
            "cannot stand in for the image debian:12",
        ),
        ("COPY words.txt", "COPY left-out.txt", "left-out.txt"),
        ("USER 65532:65532\n", "", "ends as root"),
        ("--chmod=0755", "--link", "COPY --link is not known here"),
        (
            "WORKDIR /made",
            "WORKDIR ${NOWHERE}",
            "a variable that is not known",
        ),
    ];
    for (right, wrong, told) in refusals {
        assert!(SMALL.contains(right), "{right}");
        let refusal = Folder::with(&SMALL.replacen(right, wrong, 1)).refusal();
        assert!(refusal.contains(told), "{wrong}: {refusal}");
    }
}

#[test]
fn the_image_runs_the_binary_and_nothing_else() {
    assert_eq!(image_says("ENTRYPOINT"), [r#"["/usr/local/bin/ringback"]"#]);
}
