//! PostgreSQL's own programs, run as they are: nothing knows better how to
//! write one of its databases down. The password goes to them by their
//! environment, which other users cannot see.

use std::{
    ffi::OsStr,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use url::{Url, form_urlencoded};

use crate::{config::Secret, infra::postgres_programs};

/// Runs a program to its end; what it said last is why it failed.
pub(super) async fn run<S: AsRef<OsStr>>(
    name: &'static str,
    arguments: impl IntoIterator<Item = S>,
    url: Option<&Secret>,
) -> anyhow::Result<()> {
    let mut command = Command::new(find(name)?);
    command.args(arguments);
    if let Some(url) = url {
        let (address, password) = apart(url)?;
        command.arg("--dbname").arg(address);
        if let Some(password) = password {
            command.env("PGPASSWORD", password.expose());
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.stderr(Stdio::piped()).output());
    let output = output
        .await?
        .with_context(|| format!("{name} cannot be run"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().find(|line| !line.trim().is_empty());
        bail!("{}", why.unwrap_or("it did not say why").trim());
    }
    Ok(())
}

fn find(name: &str) -> anyhow::Result<PathBuf> {
    let folder = postgres_programs::folder_of(&[name]).with_context(|| {
        format!(
            "{name} is not on this machine: install PostgreSQL's client programs, of the server's \
             version or a newer one (Debian: postgresql-client), or run it where the server is"
        )
    })?;
    Ok(folder.join(name))
}

/// The address without its password, and the password: one in the query counts before another, as
/// it does for the server.
fn apart(url: &Secret) -> anyhow::Result<(String, Option<Secret>)> {
    let mut url = Url::parse(url.expose()).context("DATABASE_URL cannot be read")?;
    let before_the_host = url.password().map(decoded).transpose()?;
    if before_the_host.is_some() && url.set_password(None).is_err() {
        bail!("DATABASE_URL cannot be read without its password");
    }
    let password = take_out_of_query(&mut url).or(before_the_host);
    Ok((url.to_string(), password.map(Secret::new)))
}

/// What else is in the query stays as it was written.
fn take_out_of_query(url: &mut Url) -> Option<String> {
    let is_password = |name: &str| name == "password";
    let password = url.query_pairs().filter(|(name, _)| is_password(name));
    let password = password.last()?.1.into_owned();
    let is_kept = |pair: &&str| {
        let mut read = form_urlencoded::parse(pair.as_bytes());
        read.next().is_none_or(|(name, _)| !is_password(&name))
    };
    let kept: Vec<_> = url.query()?.split('&').filter(is_kept).collect();
    let kept = kept.join("&");
    url.set_query(Some(kept.as_str()).filter(|kept| !kept.is_empty()));
    Some(password)
}

/// In a URL, `%40` stands for `@`, and so on.
fn decoded(text: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let byte = hex::decode([*high, *low]).context("DATABASE_URL cannot be read")?;
                bytes.extend(byte);
                after
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8(bytes).context("DATABASE_URL cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_no_argument() {
        let cases = [
            (
                "postgres://u:p%40ss@db:5433/r?sslmode=require",
                "postgres://u@db:5433/r?sslmode=require",
                Some("p@ss"),
            ),
            ("postgres://u@db/r", "postgres://u@db/r", None),
            (
                "postgres://db/r?user=u&password=p%40ss&options=-c%20jit%3Doff",
                "postgres://db/r?user=u&options=-c%20jit%3Doff",
                Some("p@ss"),
            ),
            (
                "postgres://u:other@db/r?p%61ssword=p&password=p%26",
                "postgres://u@db/r",
                Some("p&"),
            ),
        ];
        for (url, address, password) in cases {
            let (argument, taken) = apart(&Secret::new(url)).unwrap();
            assert_eq!(argument, address);
            assert_eq!(taken.as_ref().map(Secret::expose), password, "{url}");
        }
    }
}
